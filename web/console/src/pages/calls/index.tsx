import { Button, CloseButton, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { get, type Item } from "../../api/client.js";
import { duration, number, time } from "../../format.js";
import { type Column, DataTable, Empty, Page, PersonName, RangePicker, Score, Shown, StatusBadge, useRange, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./calls.module.css";
import { asked, CATEGORIES, DROPS, ENGINES, type FilterName, type Filters, isByQuality, NAMES, readFilters, STATUSES, TYPES } from "./filters.js";
import { Search } from "./Search.js";
import { Views } from "./Views.js";

type Call = Item<"/v1/calls/summaries">;

const PAGE = 50;
/** How many pages are asked for by themselves where hardly any call matches, before somebody is asked whether to go on. */
const BY_ITSELF = 8;

export default function Calls() {
  const filters = readFilters(useSearch());
  const range = useRange();
  const query = asked(filters, range.query);
  const { calls } = strings;
  const list = useInfiniteQuery({
    queryKey: ["calls", "summaries", query],
    queryFn: ({ signal, pageParam }) => get("/v1/calls/summaries", { query: { ...query, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (own) => (own.state.data && own.state.data.pages.length > 1 ? false : 15_000),
  });
  const last = list.data?.pages.at(-1);
  const found = list.data?.pages.reduce((count, page) => count + page.items.length, 0) ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const isScarce = found < PAGE && last?.looked_back_to != null;
  const pages = list.data?.pages.length ?? 0;
  useEffect(() => {
    if (isScarce && hasNextPage && !isFetchingNextPage && pages < BY_ITSELF) void fetchNextPage();
  }, [isScarce, hasNextPage, isFetchingNextPage, pages, fetchNextPage]);
  return (
    <Page title={calls.title} lead={calls.lead} actions={<RangePicker />}>
      <div className={classes.bar}>
        <Search />
        <Views />
      </div>
      <FilterBar filters={filters} />
      <Shown query={list}>
        {({ pages: shown }) => {
          const rows = shown.flatMap((page) => page.items);
          const onMore = hasNextPage ? () => fetchNextPage() : undefined;
          return (
            <>
              <DataTable
                label={calls.table}
                columns={COLUMNS}
                rows={rows}
                rowKey={(call) => call.id}
                onMore={onMore}
                isLoadingMore={isFetchingNextPage}
                empty={
                  <Empty title={calls.empty}>
                    <span>{calls.emptyHint}</span>
                  </Empty>
                }
              />
              {last?.looked_back_to && rows.length === 0 && (
                <div className={classes.further}>
                  <span role="status">{calls.lookedBack(time(last.looked_back_to, "date"))}</span>
                  <Button variant="default" size="xs" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                    {calls.lookFurther}
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Shown>
    </Page>
  );
}

const { columns: heads } = strings.calls;

const COLUMNS: readonly Column<Call>[] = [
  {
    key: "when",
    head: heads.when,
    cell: (call) => (
      <Link href={`/calls/${call.id}`}>
        <When at={call.started_at ?? call.created_at} />
      </Link>
    ),
  },
  { key: "who", head: heads.who, cell: (call) => <Who call={call} /> },
  { key: "status", head: heads.status, cell: (call) => <StatusBadge status={call.status_summary} label={call.is_demo ? strings.calls.demo : undefined!} /> },
  { key: "elapsed", head: heads.elapsed, align: "end", cell: (call) => duration(call.elapsed_seconds) },
  { key: "overlap", head: heads.overlap, align: "end", cell: (call) => duration(call.started_at && call.ended_at ? call.overlap_seconds : null) },
  { key: "quality", head: heads.quality, cell: (call) => <Score value={call.quality_score} category={call.quality_category} /> },
  { key: "drops", head: heads.disconnections, align: "end", cell: (call) => <Count value={call.disconnection_count} /> },
  { key: "issues", head: heads.issues, align: "end", cell: (call) => number(call.issue_count) },
  { key: "provider", head: heads.provider, cell: (call) => <PersonName name={call.provider_name} identity={call.provider_id} plain={!call.provider_id} /> },
  { key: "kind", head: heads.kind, cell: (call) => `${strings.calls.kinds[call.type] ?? call.type} · ${strings.calls.engines[call.engine] ?? call.engine}` },
];

function Count({ value }: { value: number }) {
  return <span className={value > 3 ? classes.raised : undefined}>{number(value)}</span>;
}

function Who({ call }: { call: Call }) {
  const { calls } = strings;
  const others = call.people.filter((one) => one.identity === null || one.identity !== call.provider_id);
  const first = others.slice(0, 2);
  if (first.length === 0) return <>{calls.nobody}</>;
  const left = others.length - first.length;
  return (
    <span className={classes.who}>
      {first.map((one, place) => (
        <span key={one.identity ?? place}>
          {place > 0 && ", "}
          <PersonName name={one.display_name} identity={one.identity} />
        </span>
      ))}
      {left > 0 && ` ${calls.more(left)}`}
    </span>
  );
}

function FilterBar({ filters }: { filters: Filters }) {
  const [path, navigate] = useLocation();
  const { filters: words, kinds, engines } = strings.calls;
  const set = (changes: Filters | Partial<Record<FilterName, null>>) => {
    const now = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value == null) now.delete(name);
      else now.set(name, value);
    }
    navigate(now.size ? `${path}?${now.toString()}` : path, { replace: true });
  };
  const choice = (name: FilterName, label: string, data: { value: string; label: string }[]) => (
    <Select size="xs" aria-label={label} placeholder={words.any(label)} data={data} value={filters[name] ?? null} onChange={(value) => set({ [name]: value })} clearable />
  );
  const named = (values: readonly string[], labels: Record<string, string>) => values.map((value) => ({ value, label: labels[value] ?? value }));
  const chips: [FilterName, string | undefined][] = [
    ["person", filters.person && words.person(filters.person)],
    ["provider", filters.provider && words.provider(filters.provider)],
    ["room", filters.room && words.room(filters.room)],
    ["appointment", filters.appointment && words.appointment],
    ["conversation", filters.conversation && words.conversation(filters.conversation)],
  ];
  return (
    <>
      <div className={classes.filters} role="group" aria-label={words.label}>
        {choice("status", words.status, named(STATUSES, strings.words.status))}
        {choice("category", words.quality, named(CATEGORIES, strings.words.category))}
        {choice("drops", words.drops, DROPS.map((count) => ({ value: String(count), label: words.dropsFrom(count) })))}
        {choice("issues", words.issues, [{ value: "yes", label: words.withIssues }, { value: "no", label: words.withoutIssues }])}
        {choice("engine", words.engine, named(ENGINES, engines))}
        {choice("type", words.type, named(TYPES, kinds))}
        {chips.map(
          ([name, label]) =>
            label && (
              <span key={name} className={classes.chip}>
                {label}
                <CloseButton size="xs" aria-label={words.remove(label)} onClick={() => set({ [name]: null })} />
              </span>
            ),
        )}
        {Object.keys(filters).length > 0 && (
          <Button variant="subtle" size="xs" onClick={() => set(Object.fromEntries(NAMES.map((name) => [name, null])))}>
            {words.clear}
          </Button>
        )}
      </div>
      {isByQuality(filters) && <p className={classes.note}>{words.notCounted}</p>}
    </>
  );
}
