import type { QueryClient } from "@tanstack/react-query";
import { del, setCsrf } from "../api/client.js";
import { sessionQuery } from "../api/session.js";

/** Nothing of what was seen stays in this page, whether the server hears of it or not. */
export function forgetAll(queries: QueryClient): void {
  setCsrf(null);
  const session = queries.getQueryData(sessionQuery.queryKey);
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
  if (session) queries.setQueryData(sessionQuery.queryKey, { ...session, account: null, csrf: null });
}

export async function signOut(queries: QueryClient): Promise<void> {
  try {
    await del("/v1/session");
  } finally {
    forgetAll(queries);
  }
}
