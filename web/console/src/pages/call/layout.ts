/** What is drawn of a call, and where: everything on one axis of time. Times are milliseconds since 1970. Pure. */
import type { components } from "../../api/schema.js";

export type Call = components["schemas"]["Call"];
export type Report = components["schemas"]["Report"];
export type Series = components["schemas"]["Series"];
export type Entry = components["schemas"]["TimelineEntry"];
export type Issue = components["schemas"]["ShownIssue"];
export type Connection = components["schemas"]["Connection"];

export interface Axis {
  start: number;
  end: number;
}

/** In the waiting room; in, and no media yet; with media; without, though they had it. */
export type Kind = "waiting" | "joining" | "connected" | "disconnected";

export interface Segment {
  kind: Kind;
  start: number;
  end: number;
}

export interface Bar {
  connection: Connection;
  segments: Segment[];
}

export interface Row {
  participantId: string;
  bars: Bar[];
  issues: Issue[];
}

export const SHORTEST_AXIS_MS = 30_000;

export function at(time: string): number;
export function at(time: string | null | undefined): number | null;
export function at(time: string | null | undefined): number | null {
  return time == null ? null : new Date(time).getTime();
}

/** From the first that is known of anybody to the last; of a call that goes on, to now. */
export function axisOf(call: Call, timeline: readonly Entry[], now: number): Axis {
  const begins: (number | null)[] = [at(call.started_at), at(call.ringing_at)];
  const ends: (number | null)[] = [call.ended_at ? at(call.ended_at) : now];
  for (const connection of call.participants.flatMap((one) => one.connections)) {
    begins.push(at(connection.joined_at), at(connection.connected_at));
    ends.push(at(connection.left_at));
  }
  for (const entry of timeline) if (entry.type === "participant.waiting") begins.push(at(entry.at));
  const known = begins.filter((one) => one !== null);
  const start = known.length ? Math.min(...known) : at(call.created_at);
  const end = Math.max(...ends.filter((one) => one !== null), start + SHORTEST_AXIS_MS);
  return { start, end };
}

/** Everybody who came, each connection with what it was when. */
export function rowsOf(call: Call, timeline: readonly Entry[], issues: readonly Issue[], axis: Axis): Row[] {
  return call.participants
    .map((one) => ({
      participantId: one.id,
      bars: one.connections.map((connection) => ({ connection, segments: segmentsOf(connection, timeline, call.ended_at, axis) })).filter((bar) => bar.segments.length > 0),
      issues: issues.filter((issue) => issue.participant_id === one.id),
    }))
    .filter((row) => row.bars.length > 0);
}

/** What a connection was when: no two overlap, and they are in order. */
export function segmentsOf(connection: Connection, timeline: readonly Entry[], endedAt: string | null, axis: Axis): Segment[] {
  const over = at(connection.left_at) ?? at(endedAt) ?? axis.end;
  const media = connection.intervals.connected
    .map((interval) => ({ kind: "connected" as const, start: at(interval.from), end: Math.min(at(interval.to) ?? over, Math.max(over, at(interval.from))) }))
    .filter((segment) => segment.end > segment.start);
  const first = media[0]?.start;
  const segments: Segment[] = waits(connection.id, timeline, first ?? over);
  const joined = at(connection.joined_at);
  const since = Math.max(joined ?? first ?? over, segments.at(-1)?.end ?? -Infinity);
  if (joined !== null && since < (first ?? over)) segments.push({ kind: "joining", start: since, end: first ?? over });
  media.forEach((segment, place) => {
    const before = media[place - 1];
    if (before && segment.start > before.end) segments.push({ kind: "disconnected", start: before.end, end: segment.start });
    segments.push(segment);
  });
  const last = media.at(-1);
  if (last && last.end < over) segments.push({ kind: "disconnected", start: last.end, end: over });
  return segments.filter((segment) => segment.end > segment.start);
}

const LET_IN = new Set(["participant.admitted", "participant.refused", "participant.joined", "participant.connected", "participant.left"]);

function waits(connectionId: string, timeline: readonly Entry[], until: number): Segment[] {
  const own = timeline.filter((entry) => entry.connection === connectionId);
  const segments: Segment[] = [];
  let since: number | null = null;
  for (const entry of own) {
    if (entry.type === "participant.waiting") since ??= at(entry.at);
    else if (since !== null && LET_IN.has(entry.type)) {
      segments.push({ kind: "waiting", start: since, end: Math.min(at(entry.at), until) });
      since = null;
    }
  }
  if (since !== null) segments.push({ kind: "waiting", start: since, end: until });
  return segments.filter((segment) => segment.end > segment.start);
}

/** Where a time lies on an axis that is that wide. */
export function placeOf(time: number, axis: Axis, width: number): number {
  const share = (time - axis.start) / (axis.end - axis.start);
  return Math.min(1, Math.max(0, share)) * width;
}

const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** Whole times of the viewer's clock, so many that each has about that much room. */
export function ticksOf(axis: Axis, width: number, room = 90): number[] {
  const most = Math.max(2, Math.floor(width / room));
  const length = axis.end - axis.start;
  const step = 1000 * (STEPS_S.find((seconds) => length / (1000 * seconds) <= most) ?? STEPS_S.at(-1)!);
  // Whole hours of zones that are half an hour off are whole all the same.
  const offset = new Date(axis.start).getTimezoneOffset() * 60_000;
  const ticks: number[] = [];
  for (let tick = Math.ceil((axis.start - offset) / step) * step + offset; tick <= axis.end; tick += step) ticks.push(tick);
  return ticks;
}

export interface Lane {
  issue: Issue;
  lane: number;
}

/** Spans that overlap lie in lanes below each other, each in the first that is free. */
export function lanesOf(issues: readonly Issue[], most = 3): { lanes: Lane[]; count: number } {
  const free: number[] = [];
  const lanes = [...issues]
    .sort((a, b) => at(a.started_at) - at(b.started_at))
    .map((issue) => {
      let lane = free.findIndex((until) => until <= at(issue.started_at));
      if (lane < 0) lane = free.length < most ? free.length : most - 1;
      free[lane] = Math.max(free[lane] ?? 0, at(issue.ended_at));
      return { issue, lane };
    });
  return { lanes, count: free.length };
}

// ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const GROUPS = ["presence", "call", "media", "quality", "talk", "recording", "errors", "other"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Record<string, Group> = {
  call: "call",
  participant: "presence",
  media: "media",
  view: "media",
  speaker: "talk",
  chat: "talk",
  reaction: "talk",
  rating: "talk",
  quality: "quality",
  issue: "quality",
  recording: "recording",
  transcription: "recording",
  consent: "recording",
  error: "errors",
};

export function groupOf(type: string): Group {
  if (type === "participant.failed" || type === "call.failed") return "errors";
  return GROUP_OF[type.split(".")[0]!] ?? "other";
}

/** What is marked on the axis where nothing is chosen: what changes who is there, and what goes wrong. */
export function isMarked(entry: Entry, group: Group | null): boolean {
  const own = groupOf(entry.type);
  return group ? own === group : own !== "talk" && own !== "media" && own !== "quality" && entry.type !== "participant.connected";
}

/** `+4:10` since the call began. */
export function sinceStart(time: string, call: Call): number {
  return (at(time) - (at(call.started_at) ?? at(call.created_at))) / 1000;
}
