/** Appointments in tables, alike wherever they are listed. */
import { Link } from "wouter";
import type { Item } from "../../api/client.js";
import { duration, minutes } from "../../format.js";
import { type Column, PersonName, Score, StatusBadge, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Appointments.module.css";
import { Evidence } from "./Evidence.js";

export type Appointment = Item<"/v1/appointments">;

const MOST_NAMED = 2;

/** The clients by name, a few of them. */
export function namesOf(one: Pick<Appointment, "clients">): string {
  const named = one.clients.slice(0, MOST_NAMED).map((client) => client.display_name ?? client.identity?.replace(/^(user|guest):/, "") ?? strings.parts.unknownPerson);
  const left = one.clients.length - named.length;
  return `${named.join(", ")}${left > 0 ? ` ${strings.appointments.more(left)}` : ""}`;
}

const { columns: heads, kinds, payments, absent } = strings.appointments;

const when: Column<Appointment> = {
  key: "when",
  head: heads.when,
  cell: (one) => (
    <Link href={`/appointments/${one.id}`}>
      <When at={one.scheduled_at} />
    </Link>
  ),
};
const status: Column<Appointment> = { key: "status", head: heads.status, cell: (one) => <StatusBadge status={one.status} /> };
const kind: Column<Appointment> = {
  key: "kind",
  head: heads.kind,
  cell: (one) => (
    <>
      {kinds[one.kind] ?? one.kind}
      {!one.is_video_call && <div className={classes.soft}>{strings.appointments.inPerson}</div>}
    </>
  ),
};
const client: Column<Appointment> = {
  key: "client",
  head: heads.client,
  cell: (one) => (
    <>
      {one.clients.slice(0, MOST_NAMED).map((each, place) => (
        <span key={each.identity ?? place}>
          {place > 0 && ", "}
          <PersonName name={each.display_name} identity={each.identity} />
        </span>
      ))}
      {one.clients.length > MOST_NAMED && ` ${strings.appointments.more(one.clients.length - MOST_NAMED)}`}
    </>
  ),
};
const provider: Column<Appointment> = { key: "provider", head: heads.provider, cell: (one) => <PersonName name={one.provider.display_name} identity={one.provider.identity} /> };
const planned: Column<Appointment> = { key: "planned", head: heads.planned, align: "end", cell: (one) => minutes(one.duration_minutes) };
const overlap: Column<Appointment> = { key: "overlap", head: heads.overlap, align: "end", cell: (one) => duration(one.call_count ? one.overlap_seconds : null) };
const calls: Column<Appointment> = { key: "calls", head: heads.calls, cell: (one) => <Calls one={one} /> };
const quality: Column<Appointment> = {
  key: "quality",
  head: heads.quality,
  cell: (one) => (
    <>
      {one.calls.map((call) => (
        <div key={call.id} className={classes.line}>
          <Score value={call.quality_score} category={call.quality_category} />
        </div>
      ))}
    </>
  ),
};
const recordings: Column<Appointment> = { key: "recordings", head: heads.recordings, align: "end", cell: (one) => one.calls.reduce((count, call) => count + call.recording_count, 0) || "–" };
const payment: Column<Appointment> = { key: "payment", head: heads.payment, cell: (one) => payments[one.payment_status] ?? one.payment_status };

function Calls({ one }: { one: Appointment }) {
  return (
    <>
      {one.calls.map((call) => (
        <div key={call.id} className={classes.line}>
          <Link href={`/calls/${call.id}`}>
            {call.started_at ? <When at={call.started_at} form="time" /> : strings.appointments.notBegun}
          </Link>{" "}
          {call.started_at && duration(call.duration_seconds)}
        </div>
      ))}
      {one.calls.length === 0 && "–"}
    </>
  );
}

/** Everything about appointments of many people. */
export const ALL_COLUMNS: readonly Column<Appointment>[] = [when, status, client, provider, kind, planned, calls, overlap, quality, payment];

/** A person's own, with what their calls were like. */
export const HISTORY_COLUMNS: readonly Column<Appointment>[] = [when, status, client, provider, kind, planned, calls, overlap, quality, recordings];

/** Those to which somebody did not come. */
export const MISSED_COLUMNS: readonly Column<Appointment>[] = [
  when,
  { key: "absent", head: heads.absent, cell: (one) => absent[one.no_show ?? ""] ?? "–" },
  client,
  provider,
  { key: "evidence", head: heads.evidence, wraps: true, cell: (one) => <Evidence one={one} /> },
  kind,
  payment,
];
