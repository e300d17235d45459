import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client.js";
import { useAccount } from "../api/session.js";
import { strings } from "../strings/index.js";

/**
 * What callers of the audit trail (`account:…`, `key:…`) are called. Who may see accounts and keys is told their names; others, what kind of caller it was
 * and the beginning of its id.
 */
export function useCallerNames(): (caller: string) => string {
  const isAdmin = useAccount().role === "admin";
  const { data } = useQuery({
    queryKey: ["caller-names"],
    enabled: isAdmin,
    queryFn: async ({ signal }) => {
      const [accounts, keys] = await Promise.all([get("/v1/accounts", { query: { limit: 200 }, signal }), get("/v1/keys", { query: { limit: 200 }, signal })]);
      const named = [...accounts.items.map(({ id, name }) => [`account:${id}`, name] as const), ...keys.items.map(({ id, name }) => [`key:${id}`, name] as const)];
      return new Map<string, string>(named);
    },
  });
  const { kinds } = strings.words;
  return (caller) => {
    const [kind = "", id = ""] = caller.split(":", 2);
    return data?.get(caller) ?? [kinds[kind] ?? kind, id.slice(-6)].filter(Boolean).join(" ");
  };
}
