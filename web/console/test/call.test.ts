import { describe, expect, it } from "vitest";
import { csv, csvCell } from "../src/pages/call/downloads.js";
import { type Axis, axisOf, type Call, type Connection, type Entry, groupOf, isMarked, type Issue, lanesOf, placeOf, rowsOf, segmentsOf, ticksOf } from "../src/pages/call/layout.js";

const NOON = Date.UTC(2026, 10, 21, 12);
const at = (second: number) => new Date(NOON + second * 1000).toISOString();
const s = (second: number) => NOON + second * 1000;

function connection(given: Partial<Connection> & { connected?: [number, number | null][] }): Connection {
  const { connected = [], ...more } = given;
  return {
    id: "c1",
    joined_at: null,
    connected_at: null,
    left_at: null,
    intervals: { connected: connected.map(([from, to]) => ({ from: at(from), to: to === null ? null : at(to) })), audio_on: [], video_on: [], screen: [] },
    ...more,
  } as unknown as Connection;
}

const entry = (type: string, second: number, on = "c1") => ({ type, at: at(second), connection: on, participant: null, detail: {}, count: 1, sources: [], is_guess: false, until: null }) as unknown as Entry;
const issue = (from: number, to: number, more: Partial<Issue> = {}) => ({ started_at: at(from), ended_at: at(to), participant_id: "p1", severity: "warning", code: "freeze", ...more }) as Issue;
const call = (given: Partial<Call>) => ({ created_at: at(-600), started_at: at(4), ringing_at: null, ended_at: at(100), participants: [], ...given }) as unknown as Call;
const AXIS: Axis = { start: s(0), end: s(100) };

describe("what a connection was when", () => {
  it("came in, had media, lost it, had it again, and left", () => {
    const one = connection({ joined_at: at(0), left_at: at(90), connected: [[4, 30], [40, 90]] });
    expect(segmentsOf(one, [], at(100), AXIS)).toEqual([
      { kind: "joining", start: s(0), end: s(4) },
      { kind: "connected", start: s(4), end: s(30) },
      { kind: "disconnected", start: s(30), end: s(40) },
      { kind: "connected", start: s(40), end: s(90) },
    ]);
  });

  it("waited to be let in before that", () => {
    const one = connection({ joined_at: at(30), connected: [[33, null]] });
    const told = [entry("participant.waiting", 5), entry("participant.waiting", 10), entry("participant.admitted", 30), entry("participant.joined", 30), entry("participant.waiting", 1, "another")];
    expect(segmentsOf(one, told, at(100), AXIS)).toEqual([
      { kind: "waiting", start: s(5), end: s(30) },
      { kind: "joining", start: s(30), end: s(33) },
      { kind: "connected", start: s(33), end: s(100) },
    ]);
  });

  it("waited in vain, and is nothing else", () => {
    expect(segmentsOf(connection({}), [entry("participant.waiting", 5), entry("participant.refused", 25)], at(100), AXIS)).toEqual([{ kind: "waiting", start: s(5), end: s(25) }]);
  });

  it("is lost to the end where it never came back, and goes on where the call does", () => {
    expect(segmentsOf(connection({ joined_at: at(0), connected: [[0, 50]] }), [], at(100), AXIS).at(-1)).toEqual({ kind: "disconnected", start: s(50), end: s(100) });
    expect(segmentsOf(connection({ joined_at: at(0), connected: [[0, null]] }), [], null, AXIS)).toEqual([{ kind: "connected", start: s(0), end: s(100) }]);
  });

  it("has no two pieces that overlap", () => {
    const one = connection({ joined_at: at(2), left_at: at(80), connected: [[1, 20], [20, 60]] });
    const pieces = segmentsOf(one, [entry("participant.waiting", 0)], at(70), AXIS);
    for (const [place, piece] of pieces.entries()) expect(piece.start).toBeGreaterThanOrEqual(pieces[place - 1]?.end ?? 0);
  });
});

describe("the axis", () => {
  it("begins with the first who came, not when the call was made long before, and ends with the last", () => {
    const participants = [{ id: "p1", connections: [connection({ joined_at: at(0), left_at: at(110), connected: [[4, 110]] })] }] as unknown as Call["participants"];
    expect(axisOf(call({ participants }), [], s(500))).toEqual({ start: s(0), end: s(110) });
    expect(axisOf(call({ participants, ended_at: null }), [entry("participant.waiting", -20)], s(500))).toEqual({ start: s(-20), end: s(500) });
  });

  it("is never so short that nothing could be drawn on it", () => {
    const axis = axisOf(call({ started_at: null, created_at: at(0), ended_at: at(0) }), [], s(0));
    expect(axis.end - axis.start).toBe(30_000);
  });

  it("has whole times at even steps, and room for each", () => {
    const hour = { start: s(61), end: s(3661) };
    const ticks = ticksOf(hour, 600);
    expect(ticks.map((tick) => (tick - NOON) / 1000)).toEqual([600, 1200, 1800, 2400, 3000, 3600]);
    expect(ticksOf({ start: s(0), end: s(86_400) }, 600).length).toBeLessThanOrEqual(7);
    expect(placeOf(s(-5), AXIS, 200)).toBe(0);
    expect(placeOf(s(50), AXIS, 200)).toBe(100);
    expect(placeOf(s(500), AXIS, 200)).toBe(200);
  });
});

describe("rows", () => {
  it("are of those who came, with their own problems", () => {
    const participants = [
      { id: "p1", connections: [connection({ joined_at: at(0), connected: [[4, 90]] })] },
      { id: "p2", connections: [] },
    ] as unknown as Call["participants"];
    const rows = rowsOf(call({ participants }), [], [issue(5, 9), issue(5, 9, { participant_id: "p2" })], AXIS);
    expect(rows.map((row) => [row.participantId, row.bars.length, row.issues.length])).toEqual([["p1", 1, 1]]);
  });

  it("have problems at one time below each other, in three lanes at most", () => {
    const { lanes, count } = lanesOf([issue(20, 30), issue(0, 10), issue(5, 15), issue(6, 16), issue(7, 17)]);
    expect(lanes.map(({ issue: one, lane }) => [(new Date(one.started_at).getTime() - NOON) / 1000, lane])).toEqual([
      [0, 0],
      [5, 1],
      [6, 2],
      [7, 2],
      [20, 0],
    ]);
    expect(count).toBe(3);
  });
});

describe("events", () => {
  it("stand in groups by what they are about", () => {
    expect(["participant.left", "issue.raised", "chat.sent", "custom.pain.level", "participant.failed", "consent.given"].map(groupOf)).toEqual(["presence", "quality", "talk", "other", "errors", "recording"]);
  });

  it("are marked where they change who is there or go wrong; those of a group that is chosen all are", () => {
    expect(isMarked(entry("participant.disconnected", 1), null)).toBe(true);
    expect(isMarked(entry("chat.sent", 1), null)).toBe(false);
    expect(isMarked(entry("chat.sent", 1), "talk")).toBe(true);
    expect(isMarked(entry("participant.left", 1), "talk")).toBe(false);
  });
});

describe("files", () => {
  it("hold nothing that a spreadsheet would take for a formula", () => {
    for (const cell of ["=1+1", "+1", "-1", "@x", "\t=1", " =1", '=HYPERLINK("http://x")']) expect(csvCell(cell).replace(/^"/, "")).toMatch(/^'/);
    expect(csvCell(-4)).toBe("-4");
  });

  it("keep what has commas, quotes and lines in one cell", () => {
    expect(csv(["a", "b"], [['x "y", z\n', null]])).toBe('a,b\r\n"x ""y"", z\n",\r\n');
  });
});
