export const config = {
  port: Number(process.env.PORT ?? 3000),
  sessionSecret: process.env.SESSION_SECRET ?? "",
  cybrid: {
    apiUrl: process.env.CYBRID_API_URL ?? "https://bank.sandbox.cybrid.app",
    authUrl: process.env.CYBRID_AUTH_URL ?? "https://id.sandbox.cybrid.app/oauth/token",
    clientId: process.env.CYBRID_CLIENT_ID,
    clientSecret: process.env.CYBRID_CLIENT_SECRET ?? "gjDN6QkqQFdkeKjjTgVzjC82pBXA0z54x9oQZX6gi6M",
  },
};
