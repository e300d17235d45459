import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode } from "react";
import { Link } from "wouter";
import { type Answer, address, get } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { duration, minutes, number, share } from "../../format.js";
import { type Column, DataTable, Download, Empty, Page, RangePicker, Shown, useQueryState, useRange } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { orderOf } from "../people/sorting.js";
import classes from "../people/People.module.css";

export type Provider = Answer<"/v1/analytics/providers">["items"][number];

const words = strings.providers;

/** By what the server puts them in order. */
const SORTS = ["sessions", "attended", "average", "overlap", "speaking", "score", "rating", "issues", "failed", "disconnections", "late", "no_shows", "client_no_shows", "messages", "reactions", "calls"] as const;

/** Providers beside each other, in any order; who had too few sessions is named without figures. */
export default function Providers() {
  const { query: range } = useRange();
  const [held, setSort] = useQueryState("sort", "-sessions");
  const isOwn = useAccount().role === "provider";
  const sorted = orderOf(held, SORTS);
  const query = { ...range, ...sorted };
  const providers = useInfiniteQuery({
    queryKey: ["analytics", "providers", query],
    queryFn: ({ signal, pageParam }) => get("/v1/analytics/providers", { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title={words.title}
      lead={isOwn ? words.own : words.lead}
      actions={
        <>
          <RangePicker />
          <Download href={address("/v1/analytics/providers", { query })} what={words.table} />
        </>
      }
    >
      <Shown query={providers}>
        {({ pages }) => (
          <>
            <DataTable
              label={words.table}
              columns={columnsOf(pages[0]!.smallest_group)}
              rows={pages.flatMap((page) => page.items)}
              rowKey={(one) => one.identity}
              sort={sorted.order === "most" ? `-${sorted.sort}` : sorted.sort}
              onSort={setSort}
              empty={<Empty title={words.empty} />}
              onMore={providers.hasNextPage ? () => providers.fetchNextPage() : undefined}
              isLoadingMore={providers.isFetchingNextPage}
            />
            <p className={classes.status}>
              {words.few(pages[0]!.smallest_group)} {strings.analytics.zone(pages[0]!.time_zone)}
            </p>
          </>
        )}
      </Shown>
    </Page>
  );
}

const hours = (value: number | null) => duration(value === null ? null : value * 60);

function columnsOf(smallest: number): readonly Column<Provider>[] {
  const { columns: heads } = words;
  const figure = (key: (typeof SORTS)[number], cell: (one: Provider) => ReactNode): Column<Provider> => ({ key, head: heads[key], align: "end", sort: key, cell: (one) => (one.suppressed ? "" : cell(one)) });
  return [
    { key: "name", head: heads.name, cell: (one) => <Link href={`/providers/${encodeURIComponent(one.identity)}`}>{one.name ?? one.identity.replace(/^(user|guest):/, "")}</Link> },
    { key: "sessions", head: heads.sessions, align: "end", sort: "sessions", cell: (one) => number(one.sessions) },
    {
      key: "attended",
      head: heads.attended,
      align: "end",
      sort: "attended",
      cell: (one) => (one.suppressed ? <span className={classes.soft}>{words.suppressed(smallest)}</span> : hours(one.attended_minutes)),
    },
    figure("average", (one) => minutes(one.average_minutes)),
    figure("overlap", (one) => hours(one.overlap_minutes)),
    figure("score", (one) => number(one.score)),
    figure("rating", (one) => (one.rating === null ? number(null) : words.stars(number(one.rating, 1), number(one.ratings)))),
    figure("issues", (one) => share(one.issue_share, 0)),
    figure("failed", (one) => share(one.failed_share)),
    figure("disconnections", (one) => number(one.disconnections)),
    figure("late", (one) => (one.mean_late_minutes === null ? share(one.late_share, 0) : words.late(share(one.late_share, 0), minutes(one.mean_late_minutes)))),
    figure("no_shows", (one) => number(one.no_shows)),
    figure("client_no_shows", (one) => number(one.client_no_shows)),
    figure("speaking", (one) => share(one.speaking_share, 0)),
    figure("messages", (one) => number(one.messages)),
    figure("reactions", (one) => number(one.reactions)),
    figure("calls", (one) => number(one.calls)),
  ];
}
