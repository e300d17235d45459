import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link, useParams } from "wouter";
import { type Answer, address, get } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { duration, minutes, time } from "../../format.js";
import { type Column, DataTable, Empty, Figure, Figures, Page, Pairs, Panel, PersonName, Score, Shown, StatusBadge, useList, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { Evidence } from "../appointments/Evidence.js";
import { BRIEF_COLUMNS } from "../audit/columns.js";
import classes from "./Appointment.module.css";
import { Attendance } from "./Attendance.js";

type Appointment = Answer<"/v1/appointments/{appointment_id}">;
type Held = Appointment["calls"][number];

/** One appointment: who was there when, its calls, minutes, what was paid, and what was done with it. */
export default function AppointmentPage() {
  const { id } = useParams<{ id: string }>();
  const appointment = useQuery({
    queryKey: ["appointment", id],
    queryFn: ({ signal }) => get("/v1/appointments/{appointment_id}", { path: { appointment_id: id }, signal }),
    refetchInterval: (query) => (query.state.data?.status === "in_progress" ? 10_000 : false),
  });
  const { kinds, title } = strings.appointments;
  const words = strings.appointment;
  const shown = appointment.data;
  return (
    <Page
      title={shown ? words.title(kinds[shown.kind] ?? shown.kind) : title}
      lead={shown && <Lead one={shown} />}
      actions={
        <Button component={Link} href="/appointments" variant="default" size="xs">
          {words.back}
        </Button>
      }
    >
      <Shown query={appointment}>{(one) => <Whole one={one} />}</Shown>
    </Page>
  );
}

function Lead({ one }: { one: Appointment }) {
  return (
    <span className={classes.lead}>
      <StatusBadge status={one.status} />
      <span>{strings.appointment.plannedNote(time(one.scheduled_at, "full"), time(one.ends_at, "time"))}</span>
      {one.is_video_call && <span>{strings.appointment.opens(time(one.opens_at, "time"), time(one.closes_at, "time"))}</span>}
    </span>
  );
}

function Whole({ one }: { one: Appointment }) {
  const { figures, missed, calls } = strings.appointment;
  const { payments, absent } = strings.appointments;
  const mayRead = ["admin", "auditor"].includes(useAccount().role);
  const wasHeld = one.call_count > 0;
  const isToCome = ["pending", "confirmed", "in_progress"].includes(one.status);
  return (
    <>
      <Figures>
        <Figure label={figures.planned} value={minutes(one.duration_minutes)} note={strings.appointments.kinds[one.kind]} />
        <Figure
          label={figures.overlap}
          value={duration(wasHeld ? one.overlap_seconds : null)}
          note={one.overlap_claimed_seconds ? figures.claimed(duration(one.overlap_claimed_seconds)) : figures.overlapNote}
          {...(one.overlap_claimed_seconds ? { tone: "fair" as const } : {})}
        />
        <Figure label={figures.provider} value={duration(wasHeld ? one.attended_provider_seconds : null)} />
        <Figure label={figures.client} value={duration(wasHeld ? one.attended_client_seconds : null)} />
        <Figure label={figures.elapsed} value={minutes(one.call_duration_minutes)} note={figures.calls(one.call_count)} />
        <Figure label={figures.payment} value={payments[one.payment_status] ?? one.payment_status} note={one.payment_provider} {...(one.payment_status === "failed" ? { tone: "bad" as const } : {})} />
      </Figures>
      {one.no_show && (
        <Panel title={`${missed}: ${absent[one.no_show] ?? one.no_show}`}>
          <Evidence one={one} />
        </Panel>
      )}
      <Attendance id={one.id} isRunning={one.status === "in_progress"} isToCome={isToCome} />
      <Panel title={calls.title}>
        <DataTable label={calls.table} columns={CALLS} rows={one.calls} rowKey={(call) => call.id} empty={<Empty title={isToCome ? calls.noneYet : calls.none} />} />
      </Panel>
      <div className={classes.pair}>
        <Booking one={one} />
        <div className={classes.column}>
          <Keyed title={strings.appointment.settings.title} note={strings.appointment.settings.note} none={strings.appointment.settings.none} of={one.settings} />
          {Object.keys(one.metadata).length > 0 && <Keyed title={strings.appointment.metadata.title} of={one.metadata} />}
        </div>
      </div>
      {mayRead && <Trail id={one.id} />}
    </>
  );
}

const { columns: heads } = strings.appointment.calls;

const CALLS: readonly Column<Held>[] = [
  {
    key: "when",
    head: heads.when,
    cell: (call) => (
      <Link href={`/calls/${call.id}`}>
        {call.started_at ? <When at={call.started_at} /> : strings.appointments.notBegun}
      </Link>
    ),
  },
  { key: "status", head: heads.status, cell: (call) => <StatusBadge status={call.status} /> },
  { key: "duration", head: heads.duration, align: "end", cell: (call) => duration(call.duration_seconds) },
  { key: "overlap", head: heads.overlap, align: "end", cell: (call) => duration(call.overlap_seconds) },
  { key: "quality", head: heads.quality, cell: (call) => <Score value={call.quality_score} category={call.quality_category} /> },
  { key: "recordings", head: heads.recordings, align: "end", cell: (call) => call.recording_count || "–" },
  { key: "ended", head: heads.ended, cell: (call) => call.end_reason?.replaceAll("_", " ") ?? "–" },
];

function Booking({ one }: { one: Appointment }) {
  const words = strings.appointment.facts;
  const facts: (readonly [string, ReactNode])[] = [
    [words.provider, <PersonName key="p" name={one.provider.display_name} identity={one.provider.identity} />],
    [
      words.clients(one.clients.length),
      <ul key="c" className={classes.people}>
        {one.clients.map((client, place) => (
          <li key={client.identity ?? place}>
            <PersonName name={client.display_name} identity={client.identity} />
          </li>
        ))}
      </ul>,
    ],
    [words.video, one.is_video_call ? words.yes : words.no],
    [words.room, one.room && <code className={classes.code}>{one.room}</code>],
    [words.conversation, one.conversation_id],
    [words.recording, one.recording_enabled ? words.recordingOn : words.recordingOff],
    [words.recordingUrl, one.recording_url && /^https:/.test(one.recording_url) ? <a href={one.recording_url}>{one.recording_url}</a> : one.recording_url],
    [words.paid, strings.appointments.payments[one.payment_status]],
    [words.paidBy, one.payment_provider],
    [words.reference, one.payment_reference],
    [words.reason, one.reason],
    [words.booked, <When key="b" at={one.created_at} />],
    [words.confirmed, one.confirmed_at && <When at={one.confirmed_at} />],
    [words.declined, one.declined_at && <When at={one.declined_at} />],
    [words.cancelled, one.cancelled_at && <When at={one.cancelled_at} />],
    [words.completed, one.completed_at && <When at={one.completed_at} />],
    [words.opened, one.access_count > 0 && words.openedTimes(one.access_count, time(one.last_accessed_at))],
    [words.external, one.external_id],
    [words.id, <code key="i" className={classes.code}>{one.id}</code>],
  ];
  return (
    <Panel title={words.title}>
      <Pairs of={facts} />
    </Panel>
  );
}

/** What is kept under names of its own. */
function Keyed({ title, note, none, of }: { title: string; note?: string; none?: string; of: Record<string, unknown> }) {
  const entries = Object.entries(of);
  return (
    <Panel title={title} note={note}>
      {entries.length === 0 && <p className={classes.none}>{none}</p>}
      {entries.length > 0 && <Pairs of={entries.map(([name, value]) => [name.replaceAll("_", " "), saidOf(value)])} />}
    </Panel>
  );
}

function saidOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(saidOf).join(", ");
  if (typeof value === "boolean") return value ? strings.appointment.facts.yes : strings.appointment.facts.no;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What the trail tells of it, when somebody asks: that it was read is an entry, too. */
function Trail({ id }: { id: string }) {
  const [isWanted, setWanted] = useState(false);
  const words = strings.appointment.audit;
  return (
    <Panel
      title={words.title}
      note={words.note}
      actions={
        <>
          {!isWanted && (
            <Button variant="default" size="xs" onClick={() => setWanted(true)}>
              {words.show}
            </Button>
          )}
          <Button component={Link} href={address("/audit", { query: { appointment: id } })} variant="default" size="xs">
            {words.all}
          </Button>
        </>
      }
    >
      {isWanted && <Entries id={id} />}
    </Panel>
  );
}

function Entries({ id }: { id: string }) {
  const entries = useList(["audit", "appointment", id], (cursor, signal) => get("/v1/audit", { query: { appointment_id: id, cursor }, signal }));
  return <Shown query={entries}>{(rows) => <DataTable label={strings.appointment.audit.title} columns={BRIEF_COLUMNS} rows={rows} rowKey={(entry) => entry.id} maxHeight="28rem" {...entries.more} />}</Shown>;
}
