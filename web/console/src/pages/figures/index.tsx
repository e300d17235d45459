import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { bars, lines, tableOf, usePalette } from "../../analytics/charts.js";
import { IntervalPicker } from "../../analytics/Controls.js";
import { starts } from "../../analytics/days.js";
import { type Interval, type Named, named, useInterval } from "../../analytics/intervals.js";
import { address, type Answer, get } from "../../api/client.js";
import { duration, milliseconds, minutes, number, plural, share } from "../../format.js";
import { Chart, type Column, DataTable, Download, Empty, Figure, Figures, Page, Panel, RangePicker, Shown, useRange } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Metrics.module.css";
import { type ErrorCount, errorsOf, type Metrics, type Period, PERIODS, periodsOf, together } from "./periods.js";

type Range = { from: string; to: string };

/** More periods than these make no chart that can be read. */
const MOST = 1000;

/** What the audit trail counted, by hour, day, week or month. */
export default function MetricsPage() {
  const range = useRange();
  const [interval, setInterval, intervals] = useInterval(range.query);
  const words = strings.figures;
  const settings = useQuery({ queryKey: ["settings"], queryFn: async ({ signal }) => (await get("/v1/settings", { signal })).items });
  const zone = settings.data?.find((setting) => setting.name === "time_zone")?.value;
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <RangePicker />
          <IntervalPicker value={interval} choices={intervals} onChange={setInterval} />
        </>
      }
    >
      <Shown query={settings}>{() => (typeof zone === "string" ? <Figured range={range.query} interval={interval} zone={zone} /> : <Empty title={words.noZone} />)}</Shown>
    </Page>
  );
}

function Figured({ range, interval, zone }: { range: Range; interval: Interval; zone: string }) {
  const metrics = useQuery({
    queryKey: ["metrics", range, interval, zone],
    queryFn: ({ signal }) => listMetrics(range, interval, zone, signal),
    placeholderData: (before) => before,
  });
  return <Shown query={metrics}>{({ rows, isCut, at }) => <All rows={rows} isCut={isCut} at={at} range={range} interval={interval} zone={zone} />}</Shown>;
}

/** All periods of the range, page by page. */
async function listMetrics(range: Range, interval: Interval, zone: string, signal: AbortSignal): Promise<{ rows: Metrics[]; isCut: boolean; at: number }> {
  const query = { ...periodsWithin(range, interval, zone), limit: 200 };
  const rows: Metrics[] = [];
  let cursor: string | null = null;
  do {
    const page: Answer<"/v1/metrics"> = await get("/v1/metrics", { query: { ...query, cursor }, signal });
    rows.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null && rows.length < MOST);
  return { rows, isCut: cursor !== null, at: Date.now() };
}

/** Those that begin with the first that the range touches, and no later than its last. */
function periodsWithin(range: Range, interval: Interval, zone: string): { period: (typeof PERIODS)[Interval]; from: string; to: string } {
  const begins = starts(interval, range.from, range.to, zone);
  return { period: PERIODS[interval], from: moment(begins[0]!), to: moment(begins.at(-1)! + 1) };
}

function moment(at: number): string {
  return new Date(at).toISOString();
}

interface AllProps {
  rows: readonly Metrics[];
  isCut: boolean;
  at: number;
  range: Range;
  interval: Interval;
  zone: string;
}

function All({ rows, isCut, at, range, interval, zone }: AllProps) {
  const words = strings.figures;
  const periods = useMemo(() => named(periodsOf(rows, interval, range, zone, at), interval, zone, at), [rows, interval, range, zone, at]);
  const note = strings.analytics.zone(zone);
  return (
    <>
      <Totals rows={rows} interval={interval} />
      <div className={classes.halves}>
        <Panel title={words.joins.title} note={isCut ? `${note} ${words.cut(rows.length)}` : note}>
          <Joins periods={periods} />
        </Panel>
        <Panel title={words.connections.title} note={words.connections.note}>
          <Connections periods={periods} />
        </Panel>
        <Panel title={words.users.title} note={words.users.note}>
          <Users periods={periods} />
        </Panel>
        <Panel title={words.lengths.title} note={note}>
          <Lengths periods={periods} />
        </Panel>
      </div>
      <Panel title={words.errors.title} note={words.errors.note}>
        <Errors rows={rows} />
      </Panel>
      <Panel
        title={words.table.title}
        note={note}
        actions={rows.length > 0 && <Download href={address("/v1/metrics", { query: periodsWithin(range, interval, zone) })} what={words.title} />}
      >
        <DataTable label={words.table.title} columns={COLUMNS} rows={[...periods].reverse()} rowKey={(period) => period.row.starts_at} maxHeight="32rem" />
      </Panel>
    </>
  );
}

function Totals({ rows, interval }: { rows: readonly Metrics[]; interval: Interval }) {
  const words = strings.figures.totals;
  const sums = together(rows);
  const ofAttempts = (count: number) => (sums.attempts ? words.ofAttempts(share(count / sums.attempts)) : words.none);
  return (
    <Figures>
      <Figure label={words.attempts} value={number(sums.attempts)} />
      <Figure label={words.successes} value={number(sums.successes)} note={ofAttempts(sums.successes)} />
      <Figure label={words.failures} value={number(sums.failures)} note={ofAttempts(sums.failures)} />
      <Figure label={words.calls} value={number(sums.calls)} note={words.callsNote(number(sums.completed))} />
      <Figure label={words.mean} value={duration(sums.completed ? sums.total_duration_seconds / sums.completed : null)} note={words.meanNote(duration(sums.total_duration_seconds))} />
      <Figure label={words.connections} value={number(sums.connections)} note={words.connectionsNote(number(sums.failed_connections))} />
      <Figure label={words.users(strings.figures.period[interval])} value={number(Math.max(0, ...rows.map((row) => row.unique_users)))} note={words.usersNote} />
    </Figures>
  );
}

// ── Charts ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Charted {
  periods: readonly Named<Period>[];
}

const NOTHING = { head: [], rows: [] };

function Joins({ periods }: Charted) {
  const words = strings.figures.joins;
  const palette = usePalette();
  const { option, table, label } = useMemo(() => {
    const rows = periods.map((period) => period.row.row);
    const open = rows.map((row) => (row ? Math.max(0, row.attempts - row.successes - row.failures) : 0));
    const drawn = {
      names: periods.map((period) => period.name),
      partial: periods.map((period) => period.isPartial),
      series: [
        { name: words.successes, means: "usual" as const, values: rows.map((row) => row?.successes ?? 0) },
        { name: words.failures, means: "bad" as const, values: rows.map((row) => row?.failures ?? 0) },
        ...(open.some((count) => count > 0) ? [{ name: words.open, means: "idle" as const, values: open }] : []),
      ],
      say: (value: number | null) => number(value),
      isCount: true,
    };
    const sums = together(rows.filter((row) => row !== null));
    const label = words.label(plural(sums.attempts, "attempt", "attempts"), share(sums.attempts ? sums.successes / sums.attempts : null));
    return { option: bars(drawn, palette), table: sums.attempts ? tableOf(strings.figures.table.when, drawn) : NOTHING, label };
  }, [periods, palette, words]);
  return <Chart label={label} option={option} table={table} height={220} />;
}

function Connections({ periods }: Charted) {
  const words = strings.figures.connections;
  const palette = usePalette();
  const { option, table, label } = useMemo(() => {
    const rows = periods.map((period) => period.row.row);
    const drawn = {
      names: periods.map((period) => period.name),
      partial: periods.map((period) => period.isPartial),
      series: [
        { name: words.connected, means: "usual" as const, values: rows.map((row) => row?.connections ?? 0) },
        { name: words.failed, means: "bad" as const, values: rows.map((row) => row?.failed_connections ?? 0) },
      ],
      say: (value: number | null) => number(value),
      isCount: true,
    };
    const sums = together(rows.filter((row) => row !== null));
    const label = words.label(plural(sums.connections, "connection", "connections"), number(sums.failed_connections));
    return { option: bars(drawn, palette), table: sums.connections + sums.failed_connections ? tableOf(strings.figures.table.when, drawn) : NOTHING, label };
  }, [periods, palette, words]);
  return <Chart label={label} option={option} table={table} height={220} />;
}

function Users({ periods }: Charted) {
  const words = strings.figures.users;
  const { option, table, label } = useMemo(() => {
    const values = periods.map((period) => period.row.row?.unique_users ?? 0);
    const drawn = { names: periods.map((period) => period.name), series: [{ name: words.people, values }], say: (value: number | null) => number(value), isCount: true, min: 0 };
    const most = Math.max(0, ...values);
    return { option: lines(drawn), table: most ? tableOf(strings.figures.table.when, drawn) : NOTHING, label: words.label(most, drawn.names[values.indexOf(most)] ?? "") };
  }, [periods, words]);
  return <Chart label={label} option={option} table={table} height={220} />;
}

function Lengths({ periods }: Charted) {
  const words = strings.figures.lengths;
  const { option, table, label } = useMemo(() => {
    const rows = periods.map((period) => period.row.row);
    const means = rows.map((row) => row?.average_duration_seconds ?? null);
    const drawn = {
      names: periods.map((period) => period.name),
      series: [{ name: words.mean, values: means.map((mean) => (mean === null ? null : mean / 60)) }],
      say: (value: number | null) => duration(value === null ? null : value * 60),
      sayShort: (value: number) => minutes(value),
      min: 0,
    };
    const sums = together(rows.filter((row) => row !== null));
    const label = words.label(duration(sums.completed ? sums.total_duration_seconds / sums.completed : null));
    return { option: lines(drawn), table: sums.completed ? tableOf(strings.figures.table.when, drawn) : NOTHING, label };
  }, [periods, words]);
  return <Chart label={label} option={option} table={table} height={220} />;
}

// ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function Errors({ rows }: { rows: readonly Metrics[] }) {
  const words = strings.figures.errors;
  const errors = useMemo(() => errorsOf(rows), [rows]);
  const all = errors.reduce((sum, error) => sum + error.count, 0);
  const columns: readonly Column<ErrorCount>[] = [
    { key: "what", head: words.what, cell: (error) => words.actions[error.action] ?? error.action.replaceAll("_", " ") },
    { key: "code", head: words.code, cell: (error) => <code>{error.code}</code> },
    { key: "count", head: words.count, align: "end", cell: (error) => number(error.count) },
    { key: "share", head: words.share, align: "end", cell: (error) => share(error.count / all) },
  ];
  return <DataTable label={words.title} columns={columns} rows={errors} rowKey={(error) => `${error.action} ${error.code}`} maxHeight="20rem" empty={<Empty title={words.none} />} />;
}

const COLUMNS = tabled();

function tabled(): readonly Column<Named<Period>>[] {
  const words = strings.figures.table;
  const column = (key: string, head: string, cell: (row: Metrics) => string, nothing = number(0)): Column<Named<Period>> => ({
    key,
    head,
    align: "end",
    cell: ({ row: { row } }) => (row ? cell(row) : nothing),
  });
  return [
    { key: "when", head: words.when, cell: (period) => period.name },
    column("attempts", words.attempts, (row) => number(row.attempts)),
    column("successes", words.successes, (row) => number(row.successes)),
    column("failures", words.failures, (row) => number(row.failures)),
    column("calls", words.calls, (row) => number(row.calls)),
    column("completed", words.completed, (row) => number(row.completed)),
    column("mean", words.mean, (row) => duration(row.average_duration_seconds), duration(null)),
    column("total", words.total, (row) => duration(row.total_duration_seconds), duration(null)),
    column("connections", words.connections, (row) => number(row.connections)),
    column("failed", words.failed, (row) => number(row.failed_connections)),
    column("connecting", words.connecting, (row) => milliseconds(row.average_connection_ms), milliseconds(null)),
    column("users", words.users, (row) => number(row.unique_users)),
  ];
}
