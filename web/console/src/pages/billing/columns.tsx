import { Link } from "wouter";
import { address, type Answer } from "../../api/client.js";
import { DASH, minutes, number, time } from "../../format.js";
import { type Column, PersonName, Score, StatusBadge, type Tone } from "../../parts/index.js";
import { nextDay } from "../../parts/RangePicker.js";
import { strings } from "../../strings/index.js";
import classes from "./Billing.module.css";

export type BillingRow = Answer<"/v1/analytics/billing">["items"][number];
export type Flag = BillingRow["flags"][number];

/** What stands in the way of a bill is worse than what somebody should look at. */
const TONES: Record<Flag, Tone> = { disagrees: "fair", short: "fair", no_overlap: "bad", claimed_time: "fair", no_show: "bad", unpaid: "bad" };

export function FlagBadge({ flag }: { flag: Flag }) {
  const { flags, flagsNote } = strings.billing;
  return (
    <span title={flagsNote[flag]}>
      <StatusBadge status={flag} tone={TONES[flag]} label={flags[flag]} />
    </span>
  );
}

/** The minutes of each kind; those by which it is billed stand first, and not twice. */
export function columns(counted: Answer<"/v1/analytics/billing">["billing_minutes"]): readonly Column<BillingRow>[] {
  const { table, absent } = strings.billing;
  const others: readonly (Column<BillingRow> & { key: "overlap" | "elapsed" })[] = [
    { key: "overlap", head: table.overlap, align: "end", cell: (row) => held(row, row.overlap.minutes_floor) },
    { key: "elapsed", head: table.elapsed, align: "end", cell: (row) => held(row, row.elapsed.minutes_floor) },
  ];
  return [
    { key: "when", head: table.when, cell: (row) => <Link href={`/appointments/${row.appointment_id}`}>{time(row.scheduled_at)}</Link> },
    { key: "provider", head: table.provider, cell: (row) => <PersonName name={row.provider_name} identity={row.provider} /> },
    { key: "client", head: table.client, cell: (row) => <PersonName name={row.client_name} identity={row.client} /> },
    {
      key: "status",
      head: table.status,
      cell: (row) => (
        <>
          <StatusBadge status={row.status} />
          {row.no_show && <div className={classes.soft}>{absent[row.no_show]}</div>}
        </>
      ),
    },
    { key: "flags", head: table.flags, cell: (row) => <Flags flags={row.flags} /> },
    { key: "code", head: table.code, cell: (row) => <Code row={row} /> },
    { key: "booked", head: table.booked, align: "end", cell: (row) => minutes(row.booked_minutes) },
    { key: "counted", head: table.counted[counted], align: "end", cell: (row) => <b>{held(row, row.counted_minutes)}</b> },
    ...others.filter((one) => one.key !== counted),
    {
      key: "attended",
      head: table.attended,
      align: "end",
      cell: (row) => (row.modality === null ? DASH : table.minutes(minutes(row.attended_provider.minutes_floor), minutes(row.attended_client.minutes_floor))),
    },
    { key: "modality", head: table.modality, cell: (row) => <Modality modality={row.modality} /> },
    { key: "people", head: table.people, align: "end", cell: (row) => (row.modality === null ? DASH : number(row.participants)) },
    { key: "quality", head: table.quality, cell: (row) => (row.modality === null ? DASH : <Score value={row.score} category={row.category} />) },
    { key: "more", head: table.more, cell: (row) => <More row={row} /> },
  ];
}

/** Minutes of its calls; where there was none they are not nought, they are not there. */
function held(row: BillingRow, value: number): string {
  return row.modality === null ? DASH : minutes(value);
}

function Flags({ flags }: { flags: readonly Flag[] }) {
  if (flags.length === 0) return <>{DASH}</>;
  return (
    <span className={classes.flags}>
      {flags.map((flag) => (
        <FlagBadge key={flag} flag={flag} />
      ))}
    </span>
  );
}

function Code({ row }: { row: BillingRow }) {
  const { table } = strings.billing;
  const { code_suggested: suggested, code_booked: booked } = row;
  if (row.status !== "completed") return <span title={table.notHeld}>{booked ? table.booksAs(booked) : DASH}</span>;
  if (suggested === booked) return <>{suggested ?? DASH}</>;
  return (
    <>
      <b>{table.suggested(suggested ?? table.noCode)}</b>
      <div className={classes.soft}>{table.booksAs(booked ?? table.noCode)}</div>
    </>
  );
}

function Modality({ modality }: { modality: BillingRow["modality"] }) {
  const words = strings.billing;
  if (modality === null) return <span className={classes.soft}>{words.table.noCall}</span>;
  return <span title={words.modalityNote[modality]}>{words.modality[modality]}</span>;
}

function More({ row }: { row: BillingRow }) {
  const { table } = strings.billing;
  const when = time(row.scheduled_at);
  const day = row.scheduled_at.slice(0, 10);
  return (
    <span className={classes.more}>
      {row.modality !== null && (
        <Link
          href={address("/calls", { query: { appointment: row.appointment_id, range: "own", from: nextDay(day, -1), to: nextDay(day, 1) } })}
          aria-label={table.ofAppointment(table.calls, when)}
        >
          {table.calls}
        </Link>
      )}
      <a href={address("/v1/appointments/{appointment_id}/attendance", { path: { appointment_id: row.appointment_id }, query: { format: "pdf" } })} download aria-label={table.ofAppointment(table.pdf, when)}>
        {table.pdf}
      </a>
    </span>
  );
}
