import { Router } from "express";
import { cybrid } from "../cybrid/client.js";
import { requireCode } from "../mfa.js";

export const customers = Router();

customers.post("/", requireCode, async (_req, res) => {
  const customer = await cybrid<{ guid: string }>("/api/customers", { method: "POST", body: { type: "individual" } });
  res.status(201).json({ guid: customer.guid });
});
