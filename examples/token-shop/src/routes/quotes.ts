import { Router } from "express";
import { bankToken } from "../cybrid/tokens.js";
import { cybrid } from "../cybrid/client.js";

export const quotes = Router();

quotes.get("/prices", async (_req, res) => {
  res.json(await cybrid("/api/prices"));
});

/** The widget in the browser asks for prices itself. */
quotes.get("/session", async (_req, res) => {
  res.json({ token: await bankToken() });
});
