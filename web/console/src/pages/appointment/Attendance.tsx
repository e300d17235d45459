import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { CSSProperties } from "react";
import { type Answer, address, get } from "../../api/client.js";
import { clock, duration, number, time } from "../../format.js";
import { type Column, DataTable, Empty, Panel, PersonName, Shown, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Appointment.module.css";
import { type Axis, axisOf, onAxis, type Stretch, ticksOf } from "./axis.js";

type Told = Extract<Answer<"/v1/appointments/{appointment_id}/attendance">, { people: unknown }>;
type Person = Told["people"][number];
type Length = Told["elapsed"];

const words = strings.appointment.attendance;

/** Who was there when: as bars on one time axis, and person by person in a table. */
export function Attendance({ id, isRunning, isToCome }: { id: string; isRunning: boolean; isToCome: boolean }) {
  const path = { appointment_id: id };
  const attendance = useQuery({
    queryKey: ["attendance", id],
    queryFn: async ({ signal }): Promise<Told> => get("/v1/appointments/{appointment_id}/attendance", { path, signal }),
    refetchInterval: isRunning ? 10_000 : false,
  });
  const file = (form: string) => address("/v1/appointments/{appointment_id}/attendance", { path, query: { format: form } });
  return (
    <>
      <Panel
        title={words.title}
        note={words.note}
        actions={(["pdf", "csv"] as const).map((form) => (
          <Button key={form} component="a" href={file(form)} download variant="default" size="xs" aria-label={words.download(words[form])}>
            {words[form]}
          </Button>
        ))}
      >
        <Shown query={attendance}>{(told) => <Bars told={told} isToCome={isToCome} />}</Shown>
      </Panel>
      {attendance.data && attendance.data.calls.length > 0 && <Minutes told={attendance.data} />}
    </>
  );
}

function Bars({ told, isToCome }: { told: Told; isToCome: boolean }) {
  const now = Date.parse(told.generated_at);
  const planned: Stretch = { from: told.scheduled_at, to: told.ends_at };
  const came = told.people.filter((one) => one.there.intervals.length > 0);
  const axis = axisOf([planned, ...came.flatMap((one) => one.there.intervals)], now);
  return (
    <div className={classes.column}>
      {told.record_state === "live" && <p className={classes.none}>{words.running}</p>}
      {told.record_state === "provisional" && <p className={classes.none}>{words.provisional}</p>}
      {told.calls_removed > 0 && <p className={classes.none}>{words.removed(told.calls_removed)}</p>}
      {came.length > 0 && axis ? (
        // The table below tells the same to who cannot see it.
        <div aria-hidden className={classes.bars}>
          <div className={classes.scale}>
            {ticksOf(axis).map((at) => (
              <span key={at} style={{ left: `${onAxis(axis, { from: new Date(at).toISOString() }, at).left}%` }}>
                {time(at, "time")}
              </span>
            ))}
          </div>
          {told.people.map((one, place) => (
            <Row key={one.identity ?? place} name={nameOf(one)} axis={axis} planned={planned} now={now}>
              {one.there.intervals.map((stretch) => ({ ...stretch, kind: "there" }))}
              {one.intervals.map((stretch) => ({ ...stretch, kind: stretch.evidence }))}
            </Row>
          ))}
          <Row name={words.both} axis={axis} planned={planned} now={now}>
            {told.overlap.intervals.map((stretch) => ({ ...stretch, kind: "both" }))}
          </Row>
          <Legend kinds={new Set(["planned", ...came.flatMap((one) => one.intervals.map(({ evidence }) => evidence)), ...(came.some(wasUnconnected) ? ["there"] : [])])} />
        </div>
      ) : (
        <Empty title={isToCome ? words.noneYet : words.none} />
      )}
      <DataTable label={words.table} columns={isToCome ? EXPECTED : PEOPLE} rows={told.people} rowKey={(one) => one.identity ?? `${one.display_name ?? ""} ${one.arrived_at ?? ""}`} />
    </div>
  );
}

/** Whether they were ever there for longer than they were connected, as in the waiting room. */
const wasUnconnected = (one: Person) => one.there.length.seconds > one.attended.seconds + 1;

type Drawn = Stretch & { kind: string };

function Row({ name, axis, planned, now, children }: { name: string; axis: Axis; planned: Stretch; now: number; children: (Drawn[] | Drawn)[] | Drawn[] }) {
  return (
    <>
      <span className={classes.name}>{name}</span>
      <div className={classes.track}>
        <span className={classes.planned} style={placeOf(axis, planned, now)} />
        {children.flat().map((stretch, place) => (
          <span key={place} className={classes.stretch} data-kind={stretch.kind} title={`${time(stretch.from, "seconds")} – ${stretch.to ? time(stretch.to, "seconds") : words.stillThere}`} style={placeOf(axis, stretch, now)} />
        ))}
      </div>
    </>
  );
}

function Legend({ kinds }: { kinds: ReadonlySet<string> }) {
  return (
    <ul className={classes.legend}>
      {(["engine", "socket", "claimed", "there", "planned"] as const)
        .filter((kind) => kinds.has(kind))
        .map((kind) => (
          <li key={kind}>
            <span data-kind={kind} className={kind === "planned" ? classes.planned : classes.stretch} />
            {words.legend[kind]}
          </li>
        ))}
    </ul>
  );
}

function placeOf(axis: Axis, stretch: Stretch, now: number): CSSProperties {
  const { left, width } = onAxis(axis, stretch, now);
  return { left: `${left}%`, width: `${width}%` };
}

function nameOf(one: Person): string {
  return one.display_name ?? one.identity?.replace(/^(user|guest):/, "") ?? strings.parts.unknownPerson;
}

const heads = words.columns;

const PEOPLE: readonly Column<Person>[] = [
  {
    key: "who",
    head: heads.who,
    cell: (one) => (
      <>
        <PersonName name={one.display_name} identity={one.identity} />
        <div className={classes.soft}>{[strings.appointments.sides[one.side ?? "none"], one.is_booked ? null : words.besides].filter(Boolean).join(", ")}</div>
      </>
    ),
  },
  { key: "arrived", head: heads.arrived, cell: (one) => (one.arrived_at ? <When at={one.arrived_at} form="seconds" /> : words.absent) },
  { key: "left", head: heads.left, cell: (one) => (one.arrived_at && !one.left_at ? words.stillThere : <When at={one.left_at} form="seconds" />) },
  { key: "attended", head: heads.attended, align: "end", cell: (one) => duration(one.arrived_at ? one.attended.seconds : null) },
  { key: "late", head: heads.late, align: "end", cell: (one) => duration(one.late?.seconds || null) },
  { key: "early", head: heads.early, align: "end", cell: (one) => duration(one.left_early?.seconds || null) },
  { key: "waited", head: heads.waited, align: "end", cell: (one) => duration(one.waited.length.seconds || null) },
  { key: "evidence", head: heads.evidence, cell: (one) => shownBy(one) },
  { key: "devices", head: heads.devices, wraps: true, cell: (one) => devicesOf(one) },
];

/** As long as it is not over nobody failed to come. */
const EXPECTED: readonly Column<Person>[] = PEOPLE.map((column) =>
  column.key === "arrived" ? { ...column, cell: (one) => (one.arrived_at ? <When at={one.arrived_at} form="seconds" /> : words.absentYet) } : column,
);

function shownBy({ evidence }: Person): string {
  const parts = [
    ["engine", evidence.engine_seconds],
    ["socket", evidence.socket_seconds],
    ["claimed", evidence.claimed_seconds],
  ] as const;
  const told = parts.filter(([, seconds]) => seconds > 0).map(([kind, seconds]) => `${words.evidence[kind] ?? kind} ${duration(seconds)}`);
  return told.join(", ") || words.noEvidence;
}

function devicesOf({ connections }: Person): string {
  const told = connections.map((one) => [one.browser, one.os, one.device_type].filter(Boolean).join(" · ") || "–");
  return [...new Set(told)].join("; ") || "–";
}

// ── Minutes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Line {
  what: string;
  length: Length;
}

const MINUTES: readonly Column<Line>[] = [
  { key: "what", head: strings.appointment.minutes.columns.what, cell: (line) => line.what },
  { key: "exact", head: strings.appointment.minutes.columns.exact, align: "end", cell: (line) => clock(line.length.seconds) },
  { key: "floor", head: strings.appointment.minutes.columns.floor, align: "end", cell: (line) => number(line.length.minutes_floor) },
  { key: "nearest", head: strings.appointment.minutes.columns.nearest, align: "end", cell: (line) => number(line.length.minutes_nearest) },
];

function Minutes({ told }: { told: Told }) {
  const { minutes } = strings.appointment;
  const { modality } = told.overlap;
  const lines: Line[] = [
    { what: minutes.elapsed, length: told.elapsed },
    { what: minutes.overlap, length: told.overlap.length },
    { what: minutes.overlapClaimed, length: told.overlap.claimed },
    ...(Object.keys(minutes.modality) as (keyof typeof minutes.modality)[]).map((kind) => ({ what: minutes.modality[kind], length: modality[kind].length })),
    ...told.people.map((one) => ({ what: minutes.attended(nameOf(one)), length: one.attended })),
  ];
  const kept = lines.filter((line, place) => place < 2 || line.length.seconds > 0);
  return (
    <Panel title={minutes.title} note={minutes.note}>
      <DataTable label={minutes.table} columns={MINUTES} rows={kept} rowKey={(line) => line.what} />
    </Panel>
  );
}
