import { describe, expect, test } from "vitest";
import { axisOf, onAxis, ticksOf } from "../src/pages/appointment/axis.js";
import { dayAfter, dayOf, hoursOf, placed, shownDays, weekOf } from "../src/pages/appointments/week.js";

/** A time by the clocks of whoever runs the tests. */
const at = (hours: number, minutes = 0) => new Date(2026, 10, 18, hours, minutes).toISOString();
const booked = (hours: number, minutes: number, lasts: number) => ({ scheduled_at: at(hours, minutes), duration_minutes: lasts });

describe("a week", () => {
  test("is from Monday to Sunday, whichever of its days is meant", () => {
    const week = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"];
    for (const day of week) expect(weekOf(day)).toEqual(week);
    expect(weekOf("2026-11-23")[0]).toBe("2026-11-23");
  });

  test("is this one where no day is meant", () => {
    const today = new Date(2026, 10, 22, 23, 59);
    for (const nothing of ["", "soon", "2026-13-45"]) expect(weekOf(nothing, today)).toEqual(weekOf("2026-11-22"));
  });

  test("goes on over the end of a year and over the days on which clocks change", () => {
    expect(weekOf("2027-01-01")).toEqual(["2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"]);
    expect(dayAfter("2026-03-28", 2)).toBe("2026-03-30");
    expect(dayAfter("2026-10-24", 2)).toBe("2026-10-26");
  });

  test("shows its weekend where something is on it", () => {
    const week = weekOf("2026-11-16");
    expect(shownDays(week, new Set())).toEqual(week.slice(0, 5));
    expect(shownDays(week, new Set(["2026-11-22"]))).toEqual([...week.slice(0, 5), "2026-11-22"]);
  });

  test("has a moment on the day that the viewer's clocks show", () => {
    expect(dayOf(new Date(2026, 10, 18, 0, 0))).toBe("2026-11-18");
    expect(dayOf(new Date(2026, 10, 18, 23, 59).toISOString())).toBe("2026-11-18");
  });
});

describe("appointments of a day", () => {
  const lanes = (...given: [number, number, number][]) => placed(given.map(([hours, minutes, lasts]) => booked(hours, minutes, lasts))).map(({ from, lane, lanes: all }) => [from, lane, all]);

  test("stand one below the other where none begins before another is over", () => {
    expect(lanes([10, 0, 50], [9, 0, 60], [10, 50, 10])).toEqual([
      [540, 0, 1],
      [600, 0, 1],
      [650, 0, 1],
    ]);
  });

  test("stand side by side where they are at one time, and share the width with all they touch", () => {
    expect(lanes([9, 0, 60], [9, 30, 60], [10, 0, 30])).toEqual([
      [540, 0, 2],
      [570, 1, 2],
      [600, 0, 2],
    ]);
  });

  test("are never two in one place", () => {
    const many = placed(Array.from({ length: 60 }, (_, n) => booked(8 + ((n * 7) % 9), (n * 13) % 60, 20 + ((n * 29) % 70))));
    for (const one of many)
      for (const other of many) {
        const isAtOneTime = one !== other && one.from < other.from + other.minutes && other.from < one.from + one.minutes;
        if (isAtOneTime) expect([one.lane, one.lanes]).not.toEqual([other.lane, other.lanes]);
        expect(one.lane).toBeLessThan(one.lanes);
      }
  });

  test("stretch the hours that are drawn", () => {
    expect(hoursOf([[], []])).toEqual([9, 17]);
    expect(hoursOf([placed([booked(7, 30, 45)]), placed([booked(19, 30, 45)])])).toEqual([7, 21]);
    expect(hoursOf([placed([booked(23, 30, 90)])])).toEqual([9, 24]);
  });
});

describe("the axis of an attendance", () => {
  const now = Date.parse(at(11));

  test("holds all stretches, those that go on until now", () => {
    const axis = axisOf([{ from: at(9), to: at(10) }, { from: at(9, 30), to: null }], now)!;
    expect(axis.start).toBeLessThan(Date.parse(at(9)));
    expect(axis.end).toBeGreaterThan(now);
    expect(axisOf([], now)).toBeNull();
  });

  test("places a stretch by its share of the whole, and what is short can be seen", () => {
    const axis = { start: Date.parse(at(9)), end: Date.parse(at(11)) };
    expect(onAxis(axis, { from: at(9, 30), to: at(10) }, now)).toEqual({ left: 25, width: 25 });
    expect(onAxis(axis, { from: at(10), to: null }, now)).toEqual({ left: 50, width: 50 });
    expect(onAxis(axis, { from: at(10), to: at(10) }, now).width).toBeGreaterThan(0);
    expect(onAxis(axis, { from: at(8), to: at(10) }, now)).toEqual({ left: 0, width: 50 });
  });

  test("has a handful of round times on it", () => {
    const ticks = ticksOf({ start: Date.parse(at(8, 53)), end: Date.parse(at(10, 4)) });
    expect(ticks).toEqual([at(9), at(9, 10), at(9, 20), at(9, 30), at(9, 40), at(9, 50), at(10)].map((one) => Date.parse(one)));
    for (const minutes of [2, 15, 50, 90, 300, 3000, 40_000]) {
      const some = ticksOf({ start: Date.parse(at(8, 53)), end: Date.parse(at(8, 53)) + minutes * 60_000 });
      expect(some.length).toBeGreaterThan(0);
      expect(some.length).toBeLessThanOrEqual(16);
    }
  });
});
