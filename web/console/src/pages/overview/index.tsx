import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { bars, tableOf, usePalette } from "../../analytics/charts.js";
import { named, weekdayOf } from "../../analytics/intervals.js";
import { type Answer, get } from "../../api/client.js";
import { ago, number, plural, time } from "../../format.js";
import { Chart, type Column, DataTable, Empty, Figure, Figures, Page, Panel, PersonName, Score, Shown, StatusBadge, When } from "../../parts/index.js";
import { daysBack } from "../../parts/RangePicker.js";
import { strings } from "../../strings/index.js";
import classes from "./Overview.module.css";
import { nearest } from "./nearest.js";
import { type Compared, type Measure, tell } from "./usual.js";

const NOW_MS = 15_000;
const OFTEN_MS = 60_000;
/** Rows of each list here; the pages that they lead to have the others. */
const MOST_SHOWN = 8;

type Told = Answer<"/v1/analytics/overview">;

/** What staff open in the morning: how today goes, what needs somebody now, and what comes. */
export default function Overview() {
  const told = useQuery({ queryKey: ["analytics", "overview"], queryFn: ({ signal }) => get("/v1/analytics/overview", { signal }), refetchInterval: NOW_MS });
  const words = strings.overview;
  const lead = told.data && words.lead(weekdayOf(told.data.at, told.data.time_zone, "long"), time(told.data.at, "time", told.data.time_zone), told.data.time_zone, told.data.weeks);
  return (
    <Page title={words.title} lead={lead}>
      <Shown query={told}>
        {(overview) => (
          <>
            <Now overview={overview} />
            <Today overview={overview} />
          </>
        )}
      </Shown>
      <Volume />
      <div className={classes.halves}>
        <Problems />
        <Appointments zone={told.data?.time_zone} />
      </div>
    </Page>
  );
}

// ── Now ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function Now({ overview: { live, alerts } }: { overview: Told }) {
  const words = strings.overview;
  const isQuiet = live.calls + live.ringing + live.waiting === 0;
  return (
    <Panel title={words.live.title} actions={<Link href="/live">{words.live.wall}</Link>}>
      <div className={classes.now}>
        {isQuiet ? (
          <p className={classes.quiet}>{words.live.quiet}</p>
        ) : (
          <dl className={classes.counts}>
            <Count label={words.live.calls} value={live.calls} />
            <Count label={words.live.people} value={live.participants} />
            {live.waiting > 0 && <Count label={words.live.waiting} value={live.waiting} />}
            {live.ringing > 0 && <Count label={words.live.ringing} value={live.ringing} />}
          </dl>
        )}
        <Alerts alerts={alerts} all={live.critical_issues} />
      </div>
    </Panel>
  );
}

function Count({ label, value }: { label: string; value: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{number(value)}</dd>
    </div>
  );
}

function Alerts({ alerts, all }: { alerts: Told["alerts"]; all: number }) {
  const words = strings.overview.alerts;
  if (alerts.length === 0) return <p className={classes.quiet}>{words.none}</p>;
  const shown = alerts.slice(0, MOST_SHOWN);
  return (
    <section aria-label={words.title} className={classes.alerts}>
      <h3>
        {words.title}: {number(all)}
      </h3>
      <ul>
        {shown.map((alert) => {
          const issue = strings.analytics.issues[alert.issue] ?? alert.issue.replaceAll("_", " ");
          return (
            <li key={`${alert.call_id} ${alert.participant_id} ${alert.issue}`}>
              <StatusBadge status="critical" tone="bad" label={issue} />
              <span>{words.since(ago(alert.since))}</span>
              <Link href={`/calls/${alert.call_id}`} aria-label={words.toCallWith(issue, ago(alert.since))}>
                {words.toCall}
              </Link>
            </li>
          );
        })}
      </ul>
      {all > shown.length && <p className={classes.quiet}>{words.more(all - shown.length)}</p>}
    </section>
  );
}

// ── Today ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Name = { [K in keyof Told]: Told[K] extends Compared ? K : never }[keyof Told];

const MEASURES: readonly [name: Name, word: keyof typeof strings.overview.today, measure: Measure][] = [
  ["calls", "calls", { of: "count", better: "neither" }],
  ["success_rate", "success", { of: "rate", better: "more" }],
  ["drop_rate", "drops", { of: "rate", better: "less" }],
  ["score", "score", { of: "score", better: "more" }],
  ["poor_calls", "poor", { of: "count", better: "less" }],
  ["failed_calls", "failed", { of: "count", better: "less" }],
  ["appointments", "appointments", { of: "count", better: "neither" }],
  ["no_shows", "noShows", { of: "count", better: "less" }],
];

function Today({ overview }: { overview: Told }) {
  const words = strings.overview.today;
  return (
    <section aria-label={words.title}>
      <h2 className={classes.heading}>{words.title}</h2>
      <Figures>
        {MEASURES.map(([name, word, measure]) => {
          const { value, note, tone } = tell(overview[name], measure, overview.calls.today ?? 0);
          return <Figure key={name} label={words[word]} value={value} note={note} {...(tone ? { tone } : {})} />;
        })}
      </Figures>
    </section>
  );
}

// ── The last thirty days ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function Volume() {
  const words = strings.overview.volume;
  const volume = useQuery({ queryKey: ["analytics", "volume", "overview"], queryFn: ({ signal }) => get("/v1/analytics/volume", { query: { interval: "day" }, signal }), refetchInterval: OFTEN_MS });
  return (
    <Panel title={words.title} {...(volume.data ? { note: strings.analytics.zone(volume.data.time_zone) } : {})} actions={<Link href="/activity">{words.more}</Link>}>
      <Shown query={volume}>{(told) => <VolumeChart told={told} />}</Shown>
    </Panel>
  );
}

function VolumeChart({ told }: { told: Answer<"/v1/analytics/volume"> }) {
  const words = strings.overview.volume;
  const palette = usePalette();
  const { option, table, label } = useMemo(() => {
    const days = named(told.series[0]?.points ?? [], "day", told.time_zone);
    const drawn = {
      names: days.map((day) => day.name),
      partial: days.map((day) => day.isPartial),
      series: [
        { name: words.held, means: "usual" as const, values: days.map(({ row }) => row.calls - row.failed - row.unanswered) },
        { name: words.unanswered, means: "idle" as const, values: days.map(({ row }) => row.unanswered) },
        { name: words.failed, means: "bad" as const, values: days.map(({ row }) => row.failed) },
      ],
      say: (value: number | null) => number(value),
      isCount: true,
    };
    const busiest = days.reduce((most, day) => (day.row.calls > (most?.row.calls ?? 0) ? day : most), days[0]);
    return {
      option: bars(drawn, palette),
      table: told.total.calls ? tableOf(words.day, drawn) : { head: [], rows: [] },
      label: words.label(plural(told.total.calls, "call", "calls"), `${busiest?.name ?? ""} (${number(busiest?.row.calls)})`),
    };
  }, [told, words, palette]);
  return <Chart label={label} option={option} table={table} height={200} />;
}

// ── What went wrong, and what is planned ─────────────────────────────────────────────────────────────────────────────────────────

type Problem = Answer<"/v1/analytics/problem-calls">["items"][number];

const PROBLEMS: readonly Column<Problem>[] = [
  { key: "when", head: strings.overview.problems.head.when, cell: (call) => <Link href={`/calls/${call.call_id}`}><Short at={call.began_at} /></Link> },
  { key: "why", head: strings.overview.problems.head.why, cell: (call) => call.why.map((why) => strings.analytics.why[why](call)).join(", ") },
  { key: "provider", head: strings.overview.problems.head.provider, cell: (call) => <PersonName name={call.provider_name} identity={isIdentity(call.provider) ? call.provider : null} /> },
  { key: "score", head: strings.overview.problems.head.score, cell: (call) => <Score value={call.score} category={call.category} /> },
];

/** Of the last days the year is known. */
function Short({ at }: { at: string }) {
  return (
    <time dateTime={at} title={time(at, "full")}>
      {time(at, "day")}, {time(at, "time")}
    </time>
  );
}

function isIdentity(text: string | null): boolean {
  return text !== null && /^(user|guest):/.test(text);
}

function Problems() {
  const words = strings.overview.problems;
  const [from] = useState(() => daysBack(7, new Date()).from);
  const problems = useQuery({ queryKey: ["analytics", "problem-calls", "overview", from], queryFn: ({ signal }) => get("/v1/analytics/problem-calls", { query: { from, limit: 200 }, signal }), refetchInterval: OFTEN_MS });
  return (
    <Panel title={words.title} note={problems.data?.next_cursor ? words.many : words.note} actions={<Link href="/problem-calls">{words.more}</Link>}>
      <Shown query={problems}>
        {(page) => (
          <DataTable
            label={words.title}
            columns={PROBLEMS}
            rows={[...page.items].sort((one, other) => other.began_at.localeCompare(one.began_at)).slice(0, MOST_SHOWN)}
            rowKey={(call) => call.call_id}
            empty={<Empty title={words.none} />}
          />
        )}
      </Shown>
    </Panel>
  );
}

type Appointment = Answer<"/v1/appointments">["items"][number];

function Appointments({ zone }: { zone: string | undefined }) {
  const words = strings.overview.appointments;
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(new Date());
  const appointments = useQuery({
    queryKey: ["appointments", "overview", day],
    queryFn: ({ signal }) => get("/v1/appointments", { query: { day, limit: 200 }, signal }),
    enabled: zone !== undefined,
    refetchInterval: OFTEN_MS,
  });
  return (
    <Panel title={words.title} actions={<Link href="/appointments">{words.more}</Link>}>
      <Shown query={appointments}>
        {({ items, next_cursor }) => (
          <>
            {items.length > 0 && <p className={classes.tally}>{tally(items, next_cursor !== null)}</p>}
            <DataTable label={words.title} columns={columns()} rows={nearest(items, MOST_SHOWN)} rowKey={(one) => one.id} empty={<Empty title={words.none} />} />
          </>
        )}
      </Shown>
    </Panel>
  );
}

/** How many of each status: `12 completed, 3 confirmed`. */
function tally(items: readonly Appointment[], isMore: boolean): string {
  const counts = new Map<string, number>();
  for (const { status } of items) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${number(count)} ${(strings.words.status[status] ?? status).toLowerCase()}`);
  return strings.overview.appointments.tally(items.length, isMore, parts.join(", "));
}

function columns(): readonly Column<Appointment>[] {
  const { head, others } = strings.overview.appointments;
  return [
    { key: "when", head: head.when, cell: (one) => <When at={one.scheduled_at} form="time" /> },
    { key: "provider", head: head.provider, cell: (one) => <PersonName name={one.provider.display_name} identity={one.provider_id} /> },
    {
      key: "client",
      head: head.client,
      cell: (one) => (
        <>
          <PersonName name={one.clients[0]?.display_name} identity={one.client_id} />
          {one.clients.length > 1 && <small> {others(one.clients.length - 1)}</small>}
        </>
      ),
    },
    { key: "status", head: head.status, cell: (one) => <StatusBadge status={one.status} /> },
  ];
}
