import { config } from "../config.js";

const BANK_SCOPES = [
  "customers:read",
  "customers:write",
  "customers:execute",
  "accounts:read",
  "accounts:execute",
  "prices:read",
  "quotes:execute",
  "trades:execute",
];

const CUSTOMER_SCOPES = ["transfers:execute", "trades:execute", "external_bank_accounts:execute"];

let cached: { token: string; expiresAt: number } | undefined;

/** The bank's own token, kept until shortly before it expires. */
export async function bankToken(): Promise<string> {
  if (cached && Date.now() < cached.expiresAt) return cached.token;
  const response = await fetch(config.cybrid.authUrl, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      grant_type: "client_credentials",
      client_id: config.cybrid.clientId,
      client_secret: config.cybrid.clientSecret,
      scope: BANK_SCOPES.join(" "),
    }),
  });
  if (!response.ok) throw new Error(`token request failed: ${response.status}`);
  const { access_token, expires_in } = await response.json();
  cached = { token: access_token, expiresAt: Date.now() + (expires_in - 60) * 1000 };
  return access_token;
}

/** A token that can act for one customer only. */
export async function customerToken(customerGuid: string): Promise<string> {
  const response = await fetch(`${config.cybrid.apiUrl}/api/customer_tokens`, {
    method: "POST",
    headers: { Authorization: `Bearer ${await bankToken()}`, "Content-Type": "application/json" },
    body: JSON.stringify({ customer_guid: customerGuid, scopes: CUSTOMER_SCOPES }),
  });
  if (!response.ok) throw new Error(`customer token request failed: ${response.status}`);
  const { access_token } = await response.json();
  return access_token;
}
