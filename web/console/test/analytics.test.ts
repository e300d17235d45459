// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { lines, tableOf } from "../src/analytics/charts.js";
import { startOfDay, starts } from "../src/analytics/days.js";
import { filterOf, valueName, withDivision, withFilter } from "../src/analytics/dimensions.js";
import { daysOf, intervalsOf, named, pointName, usualInterval, weekdayName } from "../src/analytics/intervals.js";

describe("what figures are divided by and narrowed to stands in the query", () => {
  test("a filter is read from the parameter of its dimension", () => {
    expect(filterOf("range=7d&browser=Firefox")).toEqual({ dimension: "browser", value: "Firefox" });
    expect(filterOf("range=7d&browser=")).toBeNull();
  });

  test("another filter takes the place of the one before, and of a division that it does not go with", () => {
    expect(withFilter("range=7d&by=os&browser=Firefox", { dimension: "network", value: "wifi" })).toBe("range=7d&network=wifi");
    expect(withFilter("by=hour_of_day", { dimension: "network", value: "wifi" })).toBe("by=hour_of_day&network=wifi");
    expect(withFilter("by=os&browser=Firefox", null)).toBe("by=os");
  });

  test("dividing by something else lets go of the filter; by hours it stays", () => {
    expect(withDivision("browser=Firefox", "os")).toBe("by=os");
    expect(withDivision("browser=Firefox", "browser")).toBe("browser=Firefox&by=browser");
    expect(withDivision("browser=Firefox", "weekday")).toBe("browser=Firefox&by=weekday");
    expect(withDivision("by=os", null)).toBe("");
  });

  test("values are said in words: names, countries, what is not known, and the rest", () => {
    expect(valueName("provider", "user:7", "Dr. Ito")).toBe("Dr. Ito");
    expect(valueName("provider", "user:7")).toBe("7");
    expect(valueName("country", "CH")).toBe("Switzerland");
    expect(valueName("mode", "p2p")).toBe("Peer to peer");
    expect(valueName("browser", "unknown")).toBe("Unknown");
    expect(valueName("browser", null)).toBe("All others");
  });
});

describe("how far points are apart", () => {
  test("short ranges have hours, long ones weeks and months", () => {
    expect([1, 2, 7, 92, 200, 365, 700].map(usualInterval)).toEqual(["hour", "hour", "day", "day", "week", "week", "month"]);
    expect(intervalsOf(1)).toEqual(["hour"]);
    expect(intervalsOf(30)).toEqual(["day", "week"]);
    expect(intervalsOf(731)).toEqual(["week", "month"]);
  });

  test("the one that is usual for a range is among its choices", () => {
    for (let days = 1; days <= 731; days++) expect(intervalsOf(days)).toContain(usualInterval(days));
  });

  test("a range has the days from the first until before the last", () => {
    expect(daysOf({ from: "2026-10-23", to: "2026-11-22" })).toBe(30);
  });
});

describe("what points are called", () => {
  test("by the clocks of the deployment, wherever the viewer is", () => {
    expect(pointName("2026-11-20T23:00:00Z", "day", "Europe/Zurich")).toMatch(/Sat.*21/);
    expect(pointName("2026-11-20T23:00:00Z", "day", "UTC")).toMatch(/Fri.*20/);
    expect(weekdayName(1)).toBe("Monday");
    expect(weekdayName(7, "short")).toBe("Sun");
  });

  test("those that have not begun are left out, and the one that is not over says so", () => {
    const day = (number: number) => ({ starts_at: `2026-11-${number}T00:00:00Z`, ends_at: `2026-11-${number + 1}T00:00:00Z` });
    const points = named([day(20), day(21), day(22)], "day", "UTC", Date.parse("2026-11-21T12:00:00Z"));
    expect(points.map((point) => point.isPartial)).toEqual([false, true]);
    expect(points[1]!.name).toContain("(so far)");
  });

  test("hours of one day need not say the day", () => {
    const hour = (number: number) => ({ starts_at: `2026-11-21T0${number}:00:00Z`, ends_at: `2026-11-21T0${number + 1}:00:00Z` });
    const [first] = named([hour(1), hour(2)], "hour", "UTC", Date.parse("2026-11-22T00:00:00Z"));
    expect(first!.name).not.toContain("21");
  });
});

describe("days of a zone", () => {
  test("begin at its midnight, before and after clocks are changed", () => {
    const at = (day: string, zone: string) => new Date(startOfDay(day, zone)).toISOString();
    expect(at("2026-11-21", "UTC")).toBe("2026-11-21T00:00:00.000Z");
    expect(at("2026-10-25", "Europe/Zurich")).toBe("2026-10-24T22:00:00.000Z");
    expect(at("2026-10-26", "Europe/Zurich")).toBe("2026-10-25T23:00:00.000Z");
    expect(at("2026-03-30", "Europe/Zurich")).toBe("2026-03-29T22:00:00.000Z");
    expect(at("2026-11-21", "Asia/Kolkata")).toBe("2026-11-20T18:30:00.000Z");
    expect(at("2026-11-21", "America/Los_Angeles")).toBe("2026-11-21T08:00:00.000Z");
  });

  test("where no clock shows midnight, a day begins as clocks are put forward", () => {
    // Cairo, the last Friday of April: from 00:00 to 01:00.
    expect(new Date(startOfDay("2026-04-24", "Africa/Cairo")).toISOString()).toBe("2026-04-23T22:00:00.000Z");
  });

  test("a day has 25 hours where clocks are put back, and weeks begin on Monday", () => {
    expect(starts("hour", "2026-10-25", "2026-10-26", "Europe/Zurich")).toHaveLength(25);
    expect(starts("week", "2026-11-18", "2026-11-25", "UTC").map((at) => new Date(at).toISOString().slice(0, 10))).toEqual(["2026-11-16", "2026-11-23"]);
    expect(starts("month", "2025-12-15", "2026-02-02", "UTC").map((at) => new Date(at).toISOString().slice(0, 10))).toEqual(["2025-12-01", "2026-01-01", "2026-02-01"]);
  });
});

describe("charts", () => {
  const drawn = { names: ["Mon", "Tue (so far)"], series: [{ name: "Calls", values: [3, null] }], say: (value: number | null) => (value === null ? "not known" : `${value} calls`) };

  test("have the same numbers as a table, in words", () => {
    expect(tableOf("Day", drawn)).toEqual({
      head: ["Day", "Calls"],
      rows: [
        ["Mon", "3 calls"],
        ["Tue (so far)", "not known"],
      ],
    });
  });

  test("leave a gap where nothing is known", () => {
    expect(lines(drawn).series).toMatchObject([{ data: [3, "-"] }]);
  });
});
