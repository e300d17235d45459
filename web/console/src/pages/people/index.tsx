import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Answer, address, get, type Item, post } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { DASH, duration, minutes, number, time } from "../../format.js";
import { type Column, DataTable, Download, Empty, Figure, Figures, Page, PersonName, RangePicker, Shown, useList, useQueryChoice, useQueryState, useRange } from "../../parts/index.js";
import { SearchIcon } from "../../parts/icons.js";
import { strings } from "../../strings/index.js";
import classes from "./People.module.css";
import { orderOf, type Sorted } from "./sorting.js";

type Engaged = Answer<"/v1/analytics/people">["items"][number];
type Known = Item<"/v1/people">;
type Found = Answer<"/v1/search", "post">["people"][number];

const words = strings.people;
const MOST_FOUND = 50;

/** People: found by name, or listed by how much they took part. What is typed is sent as a body and stands in no address. */
export default function People() {
  const [typed, setTyped] = useState("");
  const [sought] = useDebouncedValue(typed.trim(), 150);
  const isProvider = useAccount().role === "provider";
  return (
    <Page title={words.title} lead={isProvider ? words.yours : words.lead}>
      <div role="search">
        <TextInput
          className={classes.search ?? ""}
          aria-label={words.search.label}
          placeholder={words.search.hint}
          leftSection={<SearchIcon />}
          value={typed}
          maxLength={200}
          autoComplete="off"
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </div>
      {sought ? <FoundPeople sought={sought} /> : isProvider ? <Directory /> : <Listed />}
    </Page>
  );
}

// ── Found ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function FoundPeople({ sought }: { sought: string }) {
  const found = useQuery({
    queryKey: ["search", "people", sought],
    queryFn: ({ signal }) => post("/v1/search", { body: { q: sought, limit: MOST_FOUND }, signal }),
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  return (
    <Shown query={found}>
      {({ people }) => (
        <>
          <p role="status" className={classes.status}>
            {words.search.found(people.length)} {people.length === MOST_FOUND && words.search.most(MOST_FOUND)}
          </p>
          {people.length > 0 && <DataTable label={words.table.found} columns={FOUND} rows={people} rowKey={(one) => one.identity} />}
        </>
      )}
    </Shown>
  );
}

const { columns: heads, side: sides } = words;

const sideOf = (side: string | null) => (side === "client" ? strings.appointments.sides.client : side === "provider" ? strings.appointments.sides.provider : DASH);

const FOUND: readonly Column<Found>[] = [
  { key: "name", head: heads.name, cell: (one) => <PersonName name={one.display_name} identity={one.identity} /> },
  { key: "identity", head: heads.identity, cell: (one) => one.identity },
  { key: "side", head: heads.side, cell: (one) => sideOf(one.side) },
  { key: "role", head: heads.role, cell: (one) => one.role ?? DASH },
];

// ── Listed ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function Listed() {
  const [view, setView] = useQueryChoice("view", ["engagement", "directory"]);
  const views = (["engagement", "directory"] as const).map((value) => ({ value, label: words.views[value] }));
  return (
    <>
      <div>
        <SegmentedControl size="xs" aria-label={words.views.label} data={views} value={view} onChange={setView} />
      </div>
      {view === "engagement" ? <Engagement /> : <Directory />}
    </>
  );
}

const SORTS = ["sessions", "attended", "messages", "reactions", "ratings", "no_shows"] as const;
const SIDES = ["client", "provider", "none"] as const;

function Engagement() {
  const { query: range } = useRange();
  const [held, setSort] = useQueryState("sort", "-sessions");
  const [side, setSide] = useQueryState("side");
  const sorted: Sorted<(typeof SORTS)[number]> = orderOf(held, SORTS);
  const query = { ...range, ...sorted, side: SIDES.find((one) => one === side) ?? null };
  const people = useInfiniteQuery({
    queryKey: ["analytics", "people", query],
    queryFn: ({ signal, pageParam }) => get("/v1/analytics/people", { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <div className={classes.bar}>
        <RangePicker />
        <Select
          size="xs"
          w={170}
          aria-label={sides.label}
          data={[{ value: "", label: sides.any }, ...SIDES.map((value) => ({ value, label: sides[value] }))]}
          value={query.side ?? ""}
          onChange={(to) => setSide(to || null)}
          allowDeselect={false}
        />
        <Download href={address("/v1/analytics/people", { query })} what={words.table.engagement} />
      </div>
      <Shown query={people}>
        {({ pages }) => (
          <>
            <Totals of={pages[0]!} />
            <DataTable
              label={words.table.engagement}
              columns={engaged(pages[0]!.time_zone)}
              rows={pages.flatMap((page) => page.items)}
              rowKey={(one) => one.identity}
              sort={sorted.order === "most" ? `-${sorted.sort}` : sorted.sort}
              onSort={setSort}
              empty={<Empty title={words.empty} />}
              onMore={people.hasNextPage ? () => people.fetchNextPage() : undefined}
              isLoadingMore={people.isFetchingNextPage}
            />
            <p className={classes.status}>
              {words.few(pages[0]!.smallest_group)} {strings.analytics.zone(pages[0]!.time_zone)}
            </p>
          </>
        )}
      </Shown>
    </>
  );
}

function Totals({ of: { totals } }: { of: Answer<"/v1/analytics/people"> }) {
  const names = words.totals;
  if (totals.suppressed) return <p className={classes.status}>{names.few}</p>;
  return (
    <Figures>
      <Figure label={names.active} value={number(totals.active)} note={names.activeNote} />
      <Figure label={names.new} value={number(totals.new)} note={names.newNote} />
      <Figure label={names.returning} value={number(totals.returning)} />
      <Figure label={names.sessions} value={number(totals.sessions)} />
      <Figure label={names.attended} value={hours(totals.attended_minutes)} />
    </Figures>
  );
}

/** A figure, or that it is not shown. */
function told(one: Engaged, value: number | null): string {
  return one.suppressed ? "" : number(value);
}

const hours = (value: number | null) => duration(value === null ? null : value * 60);

/** First and last days are those of the deployment's calendar. */
const engaged = (zone: string): readonly Column<Engaged>[] => [
  { key: "name", head: heads.name, cell: (one) => <PersonName name={one.name} identity={one.identity} /> },
  { key: "sessions", head: heads.sessions, align: "end", sort: "sessions", cell: (one) => number(one.sessions) },
  {
    key: "attended",
    head: heads.attended,
    align: "end",
    sort: "attended",
    cell: (one) => (one.suppressed ? <span className={classes.soft}>{words.suppressed}</span> : hours(one.attended_minutes)),
  },
  { key: "average", head: heads.average, align: "end", cell: (one) => (one.suppressed ? "" : minutes(one.average_minutes)) },
  { key: "messages", head: heads.messages, align: "end", sort: "messages", cell: (one) => told(one, one.messages) },
  { key: "reactions", head: heads.reactions, align: "end", sort: "reactions", cell: (one) => told(one, one.reactions) },
  { key: "ratings", head: heads.ratings, align: "end", sort: "ratings", cell: (one) => told(one, one.ratings) },
  { key: "disconnections", head: heads.disconnections, align: "end", cell: (one) => told(one, one.disconnections) },
  { key: "booked", head: heads.booked, align: "end", cell: (one) => told(one, one.booked) },
  { key: "missed", head: heads.missed, align: "end", sort: "no_shows", cell: (one) => told(one, one.no_shows) },
  { key: "first", head: heads.first, cell: (one) => time(one.first_day, "date", zone) },
  { key: "last", head: heads.last, cell: (one) => time(one.last_day, "date", zone) },
];

function Directory() {
  const [held, setSide] = useQueryState("side");
  const side = (["client", "provider"] as const).find((one) => one === held) ?? null;
  const people = useList(["people", side], (cursor, signal) => get("/v1/people", { query: { side, cursor, limit: 100 }, signal }));
  return (
    <>
      <div className={classes.bar} role="group" aria-label={sides.label}>
        {([null, "client", "provider"] as const).map((one) => (
          <Button key={one ?? ""} size="xs" variant={one === side ? "light" : "default"} aria-pressed={one === side} onClick={() => setSide(one)}>
            {one ? sides[one] : sides.anySide}
          </Button>
        ))}
      </div>
      <Shown query={people}>{(rows) => <DataTable label={words.table.directory} columns={KNOWN} rows={rows} rowKey={(one) => one.identity} empty={<Empty title={words.nobody} />} {...people.more} />}</Shown>
    </>
  );
}

const KNOWN: readonly Column<Known>[] = [
  { key: "name", head: heads.name, cell: (one) => <PersonName name={one.display_name} identity={one.identity} /> },
  { key: "identity", head: heads.identity, cell: (one) => one.identity },
  { key: "side", head: heads.side, cell: (one) => sideOf(one.side) },
  { key: "role", head: heads.role, cell: (one) => one.role ?? DASH },
  { key: "language", head: heads.language, cell: (one) => one.language ?? DASH },
  { key: "zone", head: heads.zone, cell: (one) => one.time_zone ?? DASH },
  { key: "known", head: heads.known, cell: (one) => (one.is_given ? words.given : words.heard) },
];
