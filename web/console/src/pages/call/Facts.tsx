import { useInfiniteQuery } from "@tanstack/react-query";
import { get, type Item } from "../../api/client.js";
import { time } from "../../format.js";
import { type Column, DataTable, Empty, Shown, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./call.module.css";

type Fact = Item<"/v1/calls/{call_id}/events">;

/** Facts as they are kept, with their JSON, page by page. */
export function Facts({ callId, names, isLive }: { callId: string; names: ReadonlyMap<string, string>; isLive: boolean }) {
  const { raw } = strings.call;
  const facts = useInfiniteQuery({
    queryKey: ["calls", callId, "events"],
    queryFn: ({ signal, pageParam }) => get("/v1/calls/{call_id}/events", { path: { call_id: callId }, query: { limit: 100, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: isLive ? 10_000 : false,
  });
  const { columns: heads } = raw;
  const columns: Column<Fact>[] = [
    {
      key: "at",
      head: heads.at,
      cell: (fact) => (
        <>
          <When at={fact.occurred_at} form="seconds" />
          {fact.sent_at && <div className={classes.soft}>{raw.corrected(time(fact.sent_at, "seconds"))}</div>}
        </>
      ),
    },
    { key: "type", head: heads.type, cell: (fact) => <code>{fact.type}</code> },
    { key: "participant", head: heads.participant, cell: (fact) => (fact.participant_id ? (names.get(fact.participant_id) ?? fact.participant_id) : "") },
    { key: "data", head: heads.data, wraps: true, cell: (fact) => <code className={classes.json}>{JSON.stringify(fact.data)}</code> },
    { key: "source", head: heads.source, cell: (fact) => <code>{fact.source}</code> },
    { key: "received", head: heads.received, cell: (fact) => <When at={fact.received_at} form="seconds" /> },
  ];
  return (
    <>
      <p className={classes.soft}>{raw.note}</p>
      <Shown query={facts}>
        {({ pages }) => (
          <DataTable
            label={strings.call.tabs.facts}
            columns={columns}
            rows={pages.flatMap((page) => page.items)}
            rowKey={(fact) => `${fact.source} ${fact.id}`}
            onMore={facts.hasNextPage ? () => facts.fetchNextPage() : undefined}
            isLoadingMore={facts.isFetchingNextPage}
            maxHeight="34rem"
            empty={<Empty title={raw.none} />}
          />
        )}
      </Shown>
    </>
  );
}

/** All facts of a call, one page after the other. */
export async function allFacts(callId: string): Promise<Fact[]> {
  const found: Fact[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: readonly Fact[]; next_cursor?: string | null } = await get("/v1/calls/{call_id}/events", { path: { call_id: callId }, query: { limit: 200, cursor } });
    found.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor);
  return found;
}
