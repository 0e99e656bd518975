import { Router } from "express";
import { cybrid } from "../cybrid/client.js";
import { customerToken } from "../cybrid/tokens.js";
import { requireCode } from "../mfa.js";
import { users } from "../users.js";

export const transfers = Router();

transfers.post("/", requireCode, async (req, res) => {
  const user = users.get(req.session.userId);
  if (!user) return res.status(401).json({ error: "log in first" });
  const token = await customerToken(user.customerGuid);
  const transfer = await cybrid<{ guid: string }>("/api/transfers", {
    method: "POST",
    token,
    body: { transfer_type: "funding", quote_guid: req.body.quoteGuid },
  });
  res.status(201).json(transfer);
});
