/** Who is signed in. */
import { queryOptions, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { ask, setCsrf } from "./client.js";

export type Role = "admin" | "supervisor" | "provider" | "auditor";

export interface Account {
  id: string;
  email: string;
  name: string;
  role: Role;
  /** Who they are in calls, `user:42`. */
  identity: string | null;
  has_password: boolean;
  has_second_factor: boolean;
}

export interface Session {
  account: Account | null;
  csrf: string | null;
  /** After how long without anything done it ends. */
  idle_seconds: number;
  expires_at: string | null;
  sign_in: { password: boolean; oidc: string | null };
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

export function useMaybeSession(): UseQueryResult<Session> {
  return useQuery(sessionQuery);
}

/** The session; it is there before any page is shown. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error("The session is not there yet.");
  return data;
}

/** Who is signed in, on any page that only who is signed in can see. */
export function useAccount(): Account {
  const { account } = useSession();
  if (!account) throw new Error("Nobody is signed in.");
  return account;
}
