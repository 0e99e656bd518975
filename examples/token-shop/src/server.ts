import express from "express";
import session from "express-session";
import { config } from "./config.js";
import { customers } from "./routes/customers.js";
import { quotes } from "./routes/quotes.js";
import { trades } from "./routes/trades.js";
import { transfers } from "./routes/transfers.js";

const app = express();
app.use(express.json());
app.use(session({ secret: config.sessionSecret, resave: false, saveUninitialized: false }));
app.use("/customers", customers);
app.use("/quotes", quotes);
app.use("/trades", trades);
app.use("/transfers", transfers);
app.listen(config.port);
