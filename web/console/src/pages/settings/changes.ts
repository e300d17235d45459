import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { useCallerNames } from "../../parts/callers.js";

export interface Change {
  at: string;
  by: string;
}

/** Who changed each setting of the deployment last, as the audit trail tells those who may read it. */
export function useChanges(): ReadonlyMap<string, Change> {
  const mayRead = ["admin", "auditor"].includes(useAccount().role);
  const nameOf = useCallerNames();
  const { data } = useQuery({
    queryKey: ["setting-changes"],
    queryFn: ({ signal }) => get("/v1/audit", { query: { action: "settings_changed", limit: 200 }, signal }),
    enabled: mayRead,
  });
  const found = new Map<string, Change>();
  for (const { at, caller, metadata, room, appointment_id } of data?.items ?? []) {
    const name = String(metadata["name"]);
    if (room === null && appointment_id === null && !found.has(name)) found.set(name, { at, by: nameOf(caller) });
  }
  return found;
}
