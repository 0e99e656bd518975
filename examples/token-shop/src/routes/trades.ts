import { Router } from "express";
import { cybrid } from "../cybrid/client.js";
import { users } from "../users.js";

export const trades = Router();

trades.post("/", async (req, res) => {
  const user = users.get(req.session.userId);
  if (!user) return res.status(401).json({ error: "log in first" });
  const quote = await cybrid<{ guid: string }>("/api/quotes", {
    method: "POST",
    body: {
      product_type: "trading",
      customer_guid: user.customerGuid,
      symbol: "BTC-USD",
      side: "buy",
      deliver_amount: req.body.amount,
    },
  });
  const trade = await cybrid<{ guid: string }>("/api/trades", {
    method: "POST",
    body: { trade_type: "platform", quote_guid: quote.guid },
  });
  res.status(201).json(trade);
});
