import { Checkbox, Select } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { address, type Answer, get } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { duration, number, share } from "../../format.js";
import { DataTable, Download, Empty, Figure, Figures, Page, Panel, RangePicker, Shown, useQueryState, useRange } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { columns } from "./columns.js";
import { Rules } from "./Rules.js";

type Told = Answer<"/v1/analytics/billing">;

const STATUSES = ["pending", "confirmed", "in_progress", "completed", "no_show", "cancelled", "declined"] as const;

/** Appointments, and what they come to for whoever bills them. */
export default function Billing() {
  const range = useRange();
  const [held, setStatus] = useQueryState("status");
  const [provider, setProvider] = useQueryState("provider");
  const [flagged, setFlagged] = useQueryState("flagged");
  const status = STATUSES.find((one) => one === held) ?? null;
  const words = strings.billing;
  const asked = { ...range.query, ...(status ? { status } : {}), ...(provider ? { provider } : {}), ...(flagged ? { flagged: true } : {}) };
  const billing = useInfiniteQuery({
    queryKey: ["analytics", "billing", asked],
    queryFn: ({ pageParam, signal }) => get("/v1/analytics/billing", { query: { ...asked, cursor: pageParam, limit: 50 }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <RangePicker />
          <Select
            size="xs"
            w={140}
            aria-label={words.status}
            data={[{ value: "", label: words.anyStatus }, ...STATUSES.map((value) => ({ value, label: strings.words.status[value] ?? value }))]}
            value={status ?? ""}
            onChange={setStatus}
            allowDeselect={false}
            maxDropdownHeight={300}
          />
          <ProviderPicker value={provider} onChange={setProvider} range={range.query} />
          <Download href={address("/v1/analytics/billing", { query: asked })} what={words.title} />
        </>
      }
    >
      <Shown query={billing}>
        {({ pages }) => {
          const first = pages[0]!;
          const rows = pages.flatMap((page) => page.items);
          return (
            <>
              <Totals totals={first.totals} />
              <Panel
                title={words.table.title}
                note={words.table.zone(first.time_zone)}
                actions={<Checkbox size="xs" label={words.flagged} checked={flagged !== ""} onChange={(event) => setFlagged(event.currentTarget.checked ? "yes" : null)} />}
              >
                <DataTable
                  label={words.table.title}
                  columns={columns(first.billing_minutes)}
                  rows={rows}
                  rowKey={(row) => row.appointment_id}
                  maxHeight="72vh"
                  empty={<Empty title={flagged ? words.table.emptyFlagged : words.table.empty} />}
                  onMore={billing.hasNextPage ? () => billing.fetchNextPage() : undefined}
                  isLoadingMore={billing.isFetchingNextPage}
                />
              </Panel>
              <Rules told={first} />
            </>
          );
        }}
      </Shown>
    </Page>
  );
}

/** Providers who had anything in the range; who sees their own alone has nothing to choose. */
function ProviderPicker({ value, onChange, range }: { value: string; onChange: (to: string | null) => void; range: { from: string; to: string } }) {
  const words = strings.billing;
  const isOwn = useAccount().role === "provider";
  const providers = useQuery({
    queryKey: ["analytics", "providers", "names", range],
    queryFn: ({ signal }) => get("/v1/analytics/providers", { query: { ...range, limit: 200 }, signal }),
    enabled: !isOwn,
  });
  if (isOwn) return null;
  const found = (providers.data?.items ?? []).map((one) => ({ value: one.identity, label: one.name ?? one.identity }));
  const known = value && !found.some((one) => one.value === value) ? [{ value, label: value }, ...found] : found;
  return (
    <Select
      size="xs"
      w={180}
      aria-label={words.provider}
      data={[{ value: "", label: words.anyProvider }, ...known]}
      value={value}
      onChange={onChange}
      allowDeselect={false}
      searchable
      maxDropdownHeight={300}
    />
  );
}

function Totals({ totals }: { totals: Told["totals"] }) {
  const words = strings.billing.totals;
  const hours = (minutes: number) => duration(minutes * 60);
  const absent = totals.client_no_shows + totals.provider_no_shows + totals.both_no_shows;
  return (
    <section aria-label={words.title}>
      <Figures>
        <Figure label={words.booked} value={number(totals.booked)} note={words.bookedNote(hours(totals.booked_minutes))} />
        <Figure label={words.completed} value={number(totals.completed)} note={totals.booked ? words.completedNote(share(totals.completed / totals.booked)) : undefined} />
        <Figure label={words.noShows} value={number(absent)} note={words.noShowsNote(totals.client_no_shows, totals.provider_no_shows, totals.both_no_shows)} />
        <Figure label={words.off} value={number(totals.cancelled + totals.declined)} note={words.offNote(totals.cancelled, totals.declined)} />
        <Figure label={words.elapsed} value={hours(totals.elapsed_minutes)} note={words.elapsedNote} />
        <Figure label={words.overlap} value={hours(totals.overlap_minutes)} note={totals.booked_minutes ? words.overlapNote(share(totals.overlap_minutes / totals.booked_minutes)) : undefined} />
      </Figures>
    </section>
  );
}
