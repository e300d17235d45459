// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { nearest } from "../src/pages/overview/nearest.js";
import { ENOUGH, tell } from "../src/pages/overview/usual.js";

const CALLS = { of: "count", better: "neither" } as const;
const NO_SHOWS = { of: "count", better: "less" } as const;
const SUCCESS = { of: "rate", better: "more" } as const;

describe("today is told beside what is usual", () => {
  test("in words and numbers", () => {
    expect(tell({ today: 52, usual: 40.5 }, CALLS, 52)).toEqual({ value: "52", note: "12 more, usually 40.5", tone: undefined });
    expect(tell({ today: 40, usual: 40.5 }, CALLS, 40)).toEqual({ value: "40", note: "As usual (40.5)", tone: undefined });
    expect(tell({ today: 0.912, usual: 0.981 }, SUCCESS, 40).note).toBe("6.9 points less, usually 98.1 %. Worth a look");
  });

  test("worse is worth a look only where it is so by much, and of enough calls", () => {
    expect(tell({ today: 6, usual: 2 }, NO_SHOWS, 40).tone).toBe("bad");
    expect(tell({ today: 3, usual: 2 }, NO_SHOWS, 40).tone).toBeUndefined();
    expect(tell({ today: 0, usual: 4 }, NO_SHOWS, 40).tone).toBe("good");
    expect(tell({ today: 0.5, usual: 1 }, SUCCESS, ENOUGH).tone).toBe("bad");
    expect(tell({ today: 0.5, usual: 1 }, SUCCESS, ENOUGH - 1)).toMatchObject({ tone: undefined, note: "50 points less, usually 100 %; only 9 calls today" });
  });

  test("what is not known is a dash with its reason, never a nought", () => {
    expect(tell({ today: null, usual: null }, SUCCESS, 0)).toEqual({ value: "–", note: "Nobody has joined yet today", tone: undefined });
    expect(tell({ today: null, usual: 0.98 }, SUCCESS, 0).note).toBe("Not known yet today, usually 98 %");
    expect(tell({ today: 3, usual: null }, CALLS, 3).note).toBe("Nothing to compare with yet");
  });
});

describe("of a day's appointments", () => {
  const day = Array.from({ length: 10 }, (_, hour) => ({ ends_at: new Date(Date.UTC(2026, 10, 21, 8 + hour)).toISOString() }));
  const hours = (from: number, count: number) => day.slice(from, from + count);

  test("those come first that go on or are next", () => {
    expect(nearest(day, 4, Date.UTC(2026, 10, 21, 6))).toEqual(hours(0, 4));
    expect(nearest(day, 4, Date.UTC(2026, 10, 21, 10, 30))).toEqual(hours(3, 4));
  });

  test("where fewer are left, the last ones are shown", () => {
    expect(nearest(day, 4, Date.UTC(2026, 10, 21, 16, 30))).toEqual(hours(6, 4));
    expect(nearest(day, 4, Date.UTC(2026, 10, 21, 23))).toEqual(hours(6, 4));
    expect(nearest(day.slice(0, 2), 4, Date.UTC(2026, 10, 21, 23))).toEqual(hours(0, 2));
  });
});
