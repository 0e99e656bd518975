import { config } from "../config.js";
import { bankToken } from "./tokens.js";

export interface CybridRequest {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: unknown;
  token?: string;
}

/** One request to the platform. Without a token it goes out with the bank's. */
export async function cybrid<T>(path: string, options: CybridRequest = {}): Promise<T> {
  const token = options.token ?? (await bankToken());
  const response = await fetch(`${config.cybrid.apiUrl}${path}`, {
    method: options.method ?? "GET",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}
