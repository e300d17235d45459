/** Who is signed in. */
import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { ask, setCsrf } from "./client.js";

export type Role = "admin" | "supervisor" | "provider" | "auditor";

export interface Account {
  id: string;
  email: string;
  name: string;
  role: Role;
  identity: string | null;
}

export interface Session {
  account: Account | null;
  csrf: string | null;
  idle_seconds: number;
  password: boolean;
  oidc: string | null;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }) => {
    const session = await ask<Session>("get", "/v1/session", { signal });
    setCsrf(session.csrf);
    return session;
  },
  staleTime: Infinity,
});

/** The session; the shell has loaded it before any page is shown. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Who is signed in, on any page that only who is signed in can see. */
export function useAccount(): Account {
  const { account } = useSession();
  if (!account) throw new Error("Nobody is signed in.");
  return account;
}

export function useMaybeSession(): ReturnType<typeof useQuery<Session>> {
  return useQuery(sessionQuery);
}
