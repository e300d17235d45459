import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { valueName } from "../../analytics/dimensions.js";
import { address, get, Problem } from "../../api/client.js";
import { DASH, duration, milliseconds, number, time } from "../../format.js";
import { Chart, type ChartOption, type Column, DataTable, Empty, Figure, Figures, type List, Page, Panel, PersonName, Score, Shown, StatusBadge, toneOf, useList, useQueryChoice, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { HISTORY_COLUMNS } from "../appointments/columns.js";
import { type Call, meanOf, partOf, scoresOf, type Setting, settingsOf } from "./history.js";
import { identityOf } from "./identity.js";
import classes from "./Person.module.css";

const words = strings.person;
const CALLS_AT_ONCE = 50;

/** What of a call is shown here. */
const FIELDS = "id,status,status_summary,created_at,started_at,ended_at,participants,provider_id";

/** Somebody: what is known of them, their appointments with what came of them, their calls, how these went, and with what they came. */
export default function PersonPage() {
  const identity = identityOf(location.pathname);
  const id = identity.slice(identity.indexOf(":") + 1);
  const known = useQuery({
    queryKey: ["person", identity],
    queryFn: async ({ signal }) => {
      try {
        return await get("/v1/people/{identity}", { path: { identity }, signal });
      } catch (why) {
        // Who was in calls need not be in the directory.
        if (why instanceof Problem && why.status === 404) return null;
        throw why;
      }
    },
  });
  const calls = useList(["calls", "person", identity], (cursor, signal) =>
    get("/v1/calls", { query: { ...(identity.startsWith("user:") ? { user_id: id } : { guest_id: id }), fields: FIELDS, limit: CALLS_AT_ONCE, cursor }, signal }),
  );
  const name = known.data?.display_name ?? calls.data?.map((call) => partOf(call, identity)?.display_name).find(Boolean) ?? identity;
  return (
    <Page
      title={name}
      lead={<Facts identity={identity} known={known.data} />}
      actions={
        <>
          {known.data?.side === "provider" && (
            <Button component={Link} href={`/providers/${encodeURIComponent(identity)}`} variant="default" size="xs">
              {words.provider}
            </Button>
          )}
          <Button component={Link} href="/people" variant="default" size="xs">
            {words.back}
          </Button>
        </>
      }
    >
      <Summary identity={identity} calls={calls.data ?? []} />
      <History identity={identity} />
      <Shown query={calls}>{(rows) => <OfCalls identity={identity} rows={rows} list={calls} />}</Shown>
    </Page>
  );
}

function Facts({ identity, known }: { identity: string; known: { side: string | null; role: string | null; language: string | null; time_zone: string | null } | null | undefined }) {
  const facts = known
    ? [known.side && strings.appointments.sides[known.side], known.role && known.role !== known.side && known.role, known.language && `${words.facts.language} ${known.language}`, known.time_zone]
    : [known === null && words.facts.none];
  return <>{[identity, ...facts].filter(Boolean).join(" · ")}</>;
}

function Summary({ identity, calls }: { identity: string; calls: readonly Call[] }) {
  const missed = useQuery({
    queryKey: ["appointments", "missed", "person", identity],
    queryFn: ({ signal }) => get("/v1/appointments", { query: { person: identity, status: "no_show", limit: 200, fields: "id,no_show,provider_id" }, signal }),
  });
  const theirs = missed.data?.items.filter((one) => one.no_show === "both" || one.no_show === (one.provider_id === identity ? "provider" : "client"));
  const parts = calls.flatMap((call) => partOf(call, identity) ?? []);
  const scores = scoresOf(calls, identity).map(({ score }) => score);
  const { figures } = words;
  return (
    <Figures>
      <Figure label={figures.calls} value={number(parts.filter((one) => one.joined_at !== null).length)} note={figures.callsNote} />
      <Figure label={figures.attended} value={duration(parts.reduce((sum, one) => sum + one.attended_seconds, 0))} />
      <Figure label={figures.score} value={number(meanOf(scores))} note={figures.scoreNote(scores.length)} />
      <Figure label={figures.disconnections} value={number(parts.reduce((sum, one) => sum + one.disconnection_count, 0))} />
      <Figure label={figures.missed} value={missed.data?.next_cursor ? "200+" : number(theirs?.length)} note={figures.missedNote} {...(theirs?.length ? { tone: "fair" as const } : {})} />
      <Figure label={figures.last} value={calls[0] ? time(calls[0].started_at ?? calls[0].created_at, "date") : DASH} />
    </Figures>
  );
}

// ── Appointments ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const WHICH = ["past", "upcoming", "missed"] as const;

function History({ identity }: { identity: string }) {
  const [which, setWhich] = useQueryChoice("appointments", WHICH);
  const [now] = useState(() => new Date().toISOString());
  const { appointments } = words;
  const part = {
    past: { to: now, order: "latest" },
    upcoming: { upcoming: true, order: "soonest" },
    missed: { status: "no_show", order: "latest" },
  } as const;
  const list = useList(["appointments", "person", identity, which, now], (cursor, signal) => get("/v1/appointments", { query: { person: identity, ...part[which], limit: 20, cursor }, signal }));
  return (
    <Panel
      title={appointments.title}
      actions={<SegmentedControl size="xs" aria-label={appointments.views.label} data={WHICH.map((value) => ({ value, label: appointments.views[value] }))} value={which} onChange={setWhich} />}
    >
      <Shown query={list}>
        {(rows) => <DataTable label={appointments.table} columns={HISTORY_COLUMNS} rows={rows} rowKey={(one) => one.id} empty={<Empty title={appointments.empty[which]} />} maxHeight="32rem" {...list.more} />}
      </Shown>
    </Panel>
  );
}

// ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function OfCalls({ identity, rows, list }: { identity: string; rows: readonly Call[]; list: List<Call> }) {
  const settings = useMemo(() => settingsOf(rows, identity), [rows, identity]);
  const columns = useMemo(() => callColumns(identity), [identity]);
  const { calls, devices, quality } = words;
  return (
    <>
      <div className={classes.pair}>
        <Panel title={quality.title} note={quality.note}>
          <OverTime identity={identity} rows={rows} />
        </Panel>
        <Panel title={devices.title} note={devices.note}>
          <DataTable label={devices.table} columns={SETTINGS} rows={settings} rowKey={(one) => `${one.device ?? ""} ${one.network ?? ""}`} empty={<Empty title={devices.none} />} maxHeight="20rem" />
        </Panel>
      </div>
      <Panel
        title={calls.title}
        actions={
          <Button component={Link} href={address("/calls", { query: { person: identity } })} variant="default" size="xs">
            {calls.all}
          </Button>
        }
      >
        <DataTable label={calls.table} columns={columns} rows={rows} rowKey={(call) => call.id} empty={<Empty title={calls.none} />} maxHeight="36rem" {...list.more} />
      </Panel>
    </>
  );
}

function OverTime({ identity, rows }: { identity: string; rows: readonly Call[] }) {
  const scored = useMemo(() => scoresOf(rows, identity), [rows, identity]);
  const { quality } = words;
  const option = useMemo<ChartOption>(
    () => ({
      grid: { left: 8, right: 16, top: 12, bottom: 4 },
      tooltip: { trigger: "axis", confine: true, valueFormatter: (value: unknown) => number(typeof value === "number" ? value : null) },
      xAxis: { type: "time", axisLabel: { hideOverlap: true }, splitNumber: 4 },
      yAxis: { type: "value", min: 0, max: 100 },
      series: [{ type: "line", name: quality.score, data: scored.map(({ at, score }) => [Date.parse(at), Math.round(score)]), symbolSize: 7, lineStyle: { width: 1.5 } }],
    }),
    [scored, quality],
  );
  if (scored.length === 0) return <Empty title={quality.none} />;
  const table = { head: [quality.when, quality.score], rows: scored.map(({ at, score }) => [time(at), number(score)]) };
  return <Chart label={quality.chart} option={option} table={table} height={240} />;
}

const { columns: settingHeads } = words.devices;

const SETTINGS: readonly Column<Setting>[] = [
  { key: "what", head: settingHeads.what, cell: (one) => one.device ?? words.devices.unknown },
  { key: "network", head: settingHeads.network, cell: (one) => networkName(one.network) },
  { key: "calls", head: settingHeads.calls, align: "end", cell: (one) => number(one.calls) },
  { key: "score", head: settingHeads.score, align: "end", cell: (one) => number(one.score) },
  { key: "disconnections", head: settingHeads.disconnections, align: "end", cell: (one) => number(one.disconnections) },
  { key: "setup", head: settingHeads.setup, align: "end", cell: (one) => milliseconds(one.setupMs) },
  { key: "last", head: settingHeads.last, cell: (one) => <When at={one.last} form="date" /> },
];

function networkName(network: string | null): string {
  if (network === null) return words.devices.unknown;
  return network
    .split(" · ")
    .map((word) => valueName(/^[A-Z]{2}$/.test(word) ? "country" : "network", word))
    .join(" · ");
}

function callColumns(identity: string): Column<Call>[] {
  const { columns: heads, never, more } = words.calls;
  return [
    {
      key: "when",
      head: heads.when,
      cell: (call) => (
        <Link href={`/calls/${call.id}`}>
          <When at={call.started_at ?? call.created_at} />
        </Link>
      ),
    },
    {
      key: "with",
      head: heads.with,
      cell: (call) => {
        const others = call.participants.filter((one) => one.identity !== identity);
        return (
          <>
            {others.slice(0, 2).map((one, place) => (
              <span key={one.id}>
                {place > 0 && ", "}
                <PersonName name={one.display_name} identity={one.identity} />
              </span>
            ))}
            {others.length > 2 && ` ${more(others.length - 2)}`}
            {others.length === 0 && DASH}
          </>
        );
      },
    },
    { key: "status", head: heads.status, cell: (call) => <StatusBadge status={call.status_summary} tone={toneOf(call.status_summary)} /> },
    {
      key: "attended",
      head: heads.attended,
      align: "end",
      cell: (call) => {
        const own = partOf(call, identity);
        return own?.joined_at ? duration(own.attended_seconds) : never;
      },
    },
    {
      key: "quality",
      head: heads.quality,
      cell: (call) => {
        const own = partOf(call, identity);
        return <Score value={own?.quality_score} category={own?.quality_category} />;
      },
    },
    { key: "disconnections", head: heads.disconnections, align: "end", cell: (call) => number(partOf(call, identity)?.disconnection_count) },
    { key: "issues", head: heads.issues, align: "end", cell: (call) => number(partOf(call, identity)?.issue_count) },
    {
      key: "device",
      head: heads.device,
      cell: (call) => [...new Set(partOf(call, identity)?.connections.map((one) => [one.browser, one.os].filter(Boolean).join(" · ")))].filter(Boolean).join("; ") || DASH,
    },
  ];
}
