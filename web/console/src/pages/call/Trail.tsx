import { useInfiniteQuery } from "@tanstack/react-query";
import { get, type Item } from "../../api/client.js";
import { type Column, DataTable, Empty, PersonName, Shown, StatusBadge, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";

type Kept = Item<"/v1/audit">;

/** What the audit trail tells of a call, the newest first. */
export function Trail({ callId }: { callId: string }) {
  const { audit } = strings.call;
  const trail = useInfiniteQuery({
    queryKey: ["calls", callId, "audit"],
    queryFn: ({ signal, pageParam }) => get("/v1/audit", { query: { call_id: callId, limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const { columns: heads } = audit;
  const columns: Column<Kept>[] = [
    { key: "at", head: heads.at, cell: (entry) => <When at={entry.at} form="moment" /> },
    { key: "action", head: heads.action, cell: (entry) => entry.action.replaceAll("_", " ") },
    { key: "who", head: heads.who, cell: (entry) => (entry.identity ? <PersonName identity={entry.identity} /> : "") },
    { key: "caller", head: heads.caller, cell: (entry) => <code>{entry.caller}</code> },
    { key: "from", head: heads.from, cell: (entry) => entry.address ?? "" },
    { key: "result", head: heads.result, wraps: true, cell: (entry) => (entry.error_code ? <StatusBadge status="failed" label={entry.error_code} /> : "") },
  ];
  return (
    <Shown query={trail}>
      {({ pages }) => (
        <DataTable
          label={strings.call.tabs.audit}
          columns={columns}
          rows={pages.flatMap((page) => page.items)}
          rowKey={(entry) => entry.id}
          onMore={trail.hasNextPage ? () => trail.fetchNextPage() : undefined}
          isLoadingMore={trail.isFetchingNextPage}
          maxHeight="34rem"
          empty={<Empty title={audit.none} />}
        />
      )}
    </Shown>
  );
}
