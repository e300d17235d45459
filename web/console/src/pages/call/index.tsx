import { Alert, Button, Menu, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useParams } from "wouter";
import { get } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { duration, number, share, time } from "../../format.js";
import { Figure, Figures, Page, Pairs, Panel, PersonName, Score, Shown, StatusBadge, toneOf, useQueryChoice, useQueryState, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { callsAddress } from "../calls/filters.js";
import classes from "./call.module.css";
import { Course } from "./Course.js";
import { attendanceCsv, saveCsv, saveJson, seriesCsv, timelineCsv } from "./downloads.js";
import { Events } from "./Events.js";
import { allFacts, Facts } from "./Facts.js";
import { Issues } from "./Issues.js";
import { type Call, type Group, GROUPS, type Report, type Series } from "./layout.js";
import { People } from "./People.js";
import { Trail } from "./Trail.js";
import { WhyScore } from "./Why.js";
import { nameOf, namesOf } from "./words.js";

/** How often a call that goes on is looked at again. */
const EVERY_MS = 5000;
const POINTS = 300;

export default function CallPage() {
  const { id } = useParams<{ id: string }>();
  const path = { call_id: id };
  const call = useQuery({
    queryKey: ["calls", id],
    queryFn: async ({ signal }) => (await get("/v1/calls/{call_id}", { path, signal })) as Call,
    refetchInterval: ({ state }) => (state.data && !state.data.ended_at ? EVERY_MS : false),
  });
  const isLive = call.data !== undefined && call.data.ended_at === null;
  const report = useQuery({
    queryKey: ["calls", id, "report"],
    queryFn: ({ signal }) => get("/v1/calls/{call_id}/report", { path, signal }),
    refetchInterval: isLive ? EVERY_MS : false,
  });
  const series = useQuery({
    queryKey: ["calls", id, "series"],
    queryFn: ({ signal }) => get("/v1/calls/{call_id}/series", { path, query: { points: POINTS }, signal }),
    refetchInterval: isLive ? EVERY_MS : false,
  });
  const title = call.data ? titleOf(call.data) : strings.call.title("");
  return (
    <Page title={title} lead={call.data && <Lead call={call.data} />} actions={call.data && report.data && <Downloads call={call.data} report={report.data} series={series.data} />}>
      <Shown query={call}>
        {(shown) => <Shown query={report}>{(judged) => <Whole call={shown} report={judged} series={series.data} />}</Shown>}
      </Shown>
    </Page>
  );
}

function titleOf(call: Call): string {
  const who = call.participants.filter((one) => one.joined_at).map(nameOf);
  const [first, second, ...more] = who.length ? who : call.participants.map(nameOf);
  if (first === undefined) return strings.call.nobody;
  return strings.call.title([first, second].filter(Boolean).join(", ") + (more.length ? ` ${strings.calls.more(more.length)}` : ""));
}

function Lead({ call }: { call: Call }) {
  return (
    <span className={classes.lead}>
      <StatusBadge status={call.status_summary} />
      {call.is_demo && <StatusBadge status="demo" label={strings.call.demo} />}
      <When at={call.started_at ?? call.created_at} form="full" />
      {call.ended_at && call.started_at && ` – ${time(call.ended_at, "seconds")}`}
    </span>
  );
}

function Whole({ call, report, series }: { call: Call; report: Report; series: Series | undefined }) {
  const { call: words } = strings;
  const now = useNow(call.ended_at === null);
  const [events, setEvents] = useQueryState("events");
  const group = GROUPS.find((one) => one === events) ?? null;
  const setGroup = (value: Group | null) => setEvents(value);
  return (
    <>
      {call.needs_refold && <Alert color="red">{words.refold}</Alert>}
      {call.ended_at === null && (
        <p className={classes.goesOn} role="status">
          {words.goesOn} {words.soFar}
        </p>
      )}
      <Header call={call} report={report} />
      <Course call={call} report={report} series={series} now={now} group={group} />
      <Issues call={call} issues={report.issues} />
      <People call={call} report={report} />
      <More call={call} report={report} group={group} setGroup={setGroup} />
      <About call={call} report={report} />
    </>
  );
}

/** The time, which goes on while the call does. */
function useNow(goesOn: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!goesOn) return;
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, [goesOn]);
  return now;
}

function Header({ call, report }: { call: Call; report: Report }) {
  const { figures } = strings.call;
  const critical = report.issues.filter((issue) => issue.severity === "critical").length;
  const attended = call.participants.reduce((sum, one) => sum + one.attended_seconds, 0);
  return (
    <Figures>
      <Figure
        label={figures.quality}
        value={
          <span className={classes.big}>
            <Score value={report.score} category={report.category} reasons={<WhyScore score={report.score} reasons={report.reasons} coverage={report.coverage} formula={report.formula} profile={report.profile} />} />
          </span>
        }
        note={figures.seen(share(report.coverage.share, 0))}
      />
      <Figure label={figures.elapsed} value={duration(call.elapsed_seconds)} />
      <Figure
        label={figures.overlap}
        value={duration(call.overlap_seconds)}
        note={call.overlap_claimed_seconds > 0 ? figures.claimed(duration(call.overlap_claimed_seconds)) : (figures.overlapOf[call.overlap_of] ?? call.overlap_of)}
      />
      <Figure label={figures.attended} value={duration(attended)} note={figures.attendedBy} />
      <Figure label={figures.people} value={number(call.participant_count)} note={figures.atOnce(call.peak_participants)} />
      <Figure label={figures.disconnections} value={number(call.disconnection_count)} note={call.mode_switch_count > 0 ? figures.switches(call.mode_switch_count) : undefined} tone={call.disconnection_count > 3 ? "bad" : "neutral"} />
      <Figure label={figures.issues} value={number(report.issues.length)} note={critical > 0 ? figures.critical(critical) : undefined} tone={critical > 0 ? toneOf("poor") : "neutral"} />
      {report.rating !== null && <Figure label={figures.rating} value={figures.stars(number(report.rating, 1))} />}
    </Figures>
  );
}

function More({ call, report, group, setGroup }: { call: Call; report: Report; group: Group | null; setGroup: (group: Group | null) => void }) {
  const { tabs } = strings.call;
  const { role } = useAccount();
  const seesTrail = role === "admin" || role === "auditor";
  const [tab, setTab] = useQueryChoice("tab", ["events", "recordings", ...(seesTrail ? (["audit"] as const) : []), "facts"]);
  return (
    <Panel>
      <Tabs value={tab} onChange={(value) => value && setTab(value as typeof tab)} keepMounted={false}>
        <Tabs.List aria-label={tabs.label}>
          <Tabs.Tab value="events">{tabs.events}</Tabs.Tab>
          <Tabs.Tab value="recordings">{tabs.recordings}</Tabs.Tab>
          {seesTrail && <Tabs.Tab value="audit">{tabs.audit}</Tabs.Tab>}
          <Tabs.Tab value="facts">{tabs.facts}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="events" pt="sm">
          <Events call={call} timeline={report.timeline} group={group} setGroup={setGroup} />
        </Tabs.Panel>
        <Tabs.Panel value="recordings" pt="sm">
          <p>{strings.call.recordings.none}</p>
          <p className={classes.soft}>{strings.call.recordings.note}</p>
        </Tabs.Panel>
        {seesTrail && (
          <Tabs.Panel value="audit" pt="sm">
            <Trail callId={call.id} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="facts" pt="sm">
          <Facts callId={call.id} names={namesOf(call)} isLive={call.ended_at === null} />
        </Tabs.Panel>
      </Tabs>
    </Panel>
  );
}

function About({ call, report }: { call: Call; report: Report }) {
  const { facts } = strings.call;
  const { calls } = strings;
  const ended = call.participants.find((one) => one.identity === call.ended_by);
  const rows: [string, ReactNode][] = [
    [facts.id, <code key="id">{call.id}</code>],
    [facts.externalId, call.external_id && <code>{call.external_id}</code>],
    [facts.kind, `${calls.kinds[call.type] ?? call.type}, ${calls.modes[call.mode] ?? call.mode}`],
    [facts.engine, calls.engines[call.engine] ?? call.engine],
    [facts.provider, (call.provider_id ?? call.provider_name) && <PersonName name={call.provider_name} identity={call.provider_id} plain={!call.provider_id} />],
    [facts.initiator, call.initiator && <PersonName name={call.initiator.display_name} identity={call.initiator.identity} />],
    [facts.room, call.room && <Link href={callsAddress({ room: call.room })}>{call.room}</Link>],
    [facts.appointment, call.appointment_id && <Link href={`/appointments/${call.appointment_id}`}>{call.appointment_id}</Link>],
    [facts.conversation, call.conversation_id && <Link href={callsAddress({ conversation: call.conversation_id })}>{call.conversation_id}</Link>],
    [facts.created, <When key="made" at={call.created_at} form="full" />],
    [facts.ringing, call.ringing_at && <When at={call.ringing_at} form="full" />],
    [facts.started, call.started_at && <When at={call.started_at} form="full" />],
    [facts.ended, call.ended_at && <When at={call.ended_at} form="full" />],
    [facts.endReason, call.end_reason && `${facts.reasons[call.end_reason] ?? call.end_reason}${ended ? `, ${facts.by(nameOf(ended))}` : ""}`],
    [facts.record, `${facts.states[call.record_state] ?? call.record_state}, ${facts.version(call.version)}`],
    [facts.report, report.revision > 0 ? facts.reportOf(report.revision, time(report.analyzed_at)) : facts.reportNow],
    [facts.formula, `${report.formula}, ${report.profile}`],
    [facts.anomalies, call.anomaly_count > 0 && `${number(call.anomaly_count)}: ${[...new Set(call.anomalies.map((one) => one.code.replaceAll("_", " ")))].join(", ")}`],
  ];
  return (
    <Panel title={facts.title}>
      <Pairs of={rows} inColumns />
    </Panel>
  );
}

function Downloads({ call, report, series }: { call: Call; report: Report; series: Series | undefined }) {
  const { download } = strings.call;
  const name = (what: string, form: string) => `call-${call.id}-${what}.${form}`;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" size="xs">
          {download.label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => saveCsv(name("attendance", "csv"), attendanceCsv(call))}>{download.attendance}</Menu.Item>
        <Menu.Item onClick={() => saveCsv(name("timeline", "csv"), timelineCsv(report.timeline))}>{download.timeline}</Menu.Item>
        {series && series.lines.length > 0 && <Menu.Item onClick={() => saveCsv(name("quality", "csv"), seriesCsv(series, call))}>{download.quality}</Menu.Item>}
        <Menu.Item onClick={() => saveJson(name("record", "json"), call)}>{download.record}</Menu.Item>
        <Menu.Item onClick={() => saveJson(name("report", "json"), report)}>{download.report}</Menu.Item>
        <Menu.Item onClick={() => void allFacts(call.id).then((found) => saveJson(name("facts", "json"), found))}>{download.facts}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
