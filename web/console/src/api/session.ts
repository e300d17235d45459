/** Who is signed in. */
import { queryOptions, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { type Answer, get, setCsrf } from "./client.js";

export type Session = Answer<"/v1/session">;
export type Account = NonNullable<Session["account"]>;
export type Role = Account["role"];

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }) => {
    const session = await get("/v1/session", { signal });
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
