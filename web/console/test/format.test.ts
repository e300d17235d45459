// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { ago, bitrate, bytes, clock, duration, number, plural, share, time, zoneName } from "../src/format.js";

describe("what is not known", () => {
  test("is a dash, never a nought", () => {
    const unknown = [number(null), share(undefined), duration(null), clock(null), bitrate(null), time(null), ago(null), bytes(undefined)];
    expect(new Set(unknown)).toEqual(new Set(["–"]));
    expect([number(0), share(0), duration(0), clock(0)]).toEqual(["0", "0 %", "0 s", "0:00"]);
  });
});

describe("how long something took", () => {
  test.each([
    [12, "12 s"],
    [59.6, "1 min 00 s"],
    [250, "4 min 10 s"],
    [3599, "59 min"],
    [3900, "1 h 05 min"],
    [360_000, "100 h 00 min"],
  ])("%d seconds are %s", (seconds, said) => expect(duration(seconds)).toBe(said));

  test.each([
    [9, "0:09"],
    [250.9, "4:10"],
    [3909, "1:05:09"],
    [-3, "0:00"],
  ])("a clock after %d seconds shows %s", (seconds, said) => expect(clock(seconds)).toBe(said));
});

describe("times", () => {
  test("are those of the zone that is asked for, across a change of clocks", () => {
    const [before, after] = ["2026-03-29T00:59:00.000Z", "2026-03-29T01:01:00.000Z"];
    const read = (at: string) => new Date(`2026-01-01 ${time(at, "time", "Europe/Berlin")}`).getHours();
    expect([read(before), read(after)]).toEqual([1, 3]);
    expect([zoneName(before, "Europe/Berlin"), zoneName(after, "Europe/Berlin")]).toEqual(["GMT+1", "GMT+2"]);
  });

  test("that are near are told by how far", () => {
    const now = Date.parse("2026-11-21T12:00:00Z");
    expect(ago("2026-11-21T11:55:00Z", now)).toMatch(/5 min/);
    expect(ago("2026-11-20T11:00:00Z", now)).toBe("yesterday");
    expect(ago("2026-11-21T14:00:00Z", now)).toMatch(/in 2 h/);
  });
});

test("one call, two calls, no calls", () => {
  expect([1, 2, 0, 1000].map((count) => plural(count, "call", "calls"))).toEqual(["1 call", "2 calls", "0 calls", "1,000 calls"]);
});
