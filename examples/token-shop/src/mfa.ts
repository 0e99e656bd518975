import type { NextFunction, Request, Response } from "express";
import { authenticator } from "otplib";
import { users } from "./users.js";

/** Lets a request pass only with the current code of the user's authenticator. */
export function requireCode(req: Request, res: Response, next: NextFunction) {
  const user = users.get(req.session.userId);
  if (!user) return res.status(401).json({ error: "log in first" });
  const token = String(req.headers["x-mfa-code"] ?? "");
  if (!authenticator.verify({ token, secret: user.totpSecret })) {
    return res.status(403).json({ error: "wrong code" });
  }
  next();
}
