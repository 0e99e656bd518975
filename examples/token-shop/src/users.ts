export interface User {
  id: string;
  customerGuid: string;
  totpSecret: string;
}

const known = new Map<string, User>();

export const users = {
  get: (id: string | undefined): User | undefined => (id ? known.get(id) : undefined),
  add: (user: User): void => void known.set(user.id, user),
};

declare module "express-session" {
  interface SessionData {
    userId: string;
  }
}
