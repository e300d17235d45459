// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { type Cell, hoursShown, outstanding, shades, SHADES } from "../src/pages/activity/heat.js";
import { errorsOf, type Metrics, periodsOf, together } from "../src/pages/figures/periods.js";
import { measureOf, type QualityFigures, worstOf } from "../src/pages/quality/measures.js";

describe("the week by hours", () => {
  const week = (figures: Record<string, number | null>): Cell[] =>
    Array.from({ length: 168 }, (_, place) => {
      const [weekday, hour] = [Math.floor(place / 24) + 1, place % 24];
      const figure = figures[`${weekday}-${hour}`] ?? 0;
      return { weekday, hour, days: 4, value: figure * 4, per_week: figure };
    });

  test("shades go from hardly any to the most; none has none", () => {
    const cells = week({ "1-9": 6, "1-10": 0.1, "1-11": 3 });
    const shade = shades(cells, false);
    expect([9, 10, 11, 12].map((hour) => shade(cells[hour]!))).toEqual([SHADES, 1, 3, 0]);
  });

  test("scores are shaded between the lowest and the highest, and what has none is not the lowest", () => {
    const cells: Cell[] = [90, 95, null].map((value, hour) => ({ weekday: 1, hour, days: 4, value, per_week: null }));
    expect(cells.map(shades(cells, true))).toEqual([1, SHADES, 0]);
    expect(outstanding(cells, true)).toBe(cells[0]);
  });

  test("nights of nothing take no room, and office hours are always there", () => {
    expect(hoursShown(week({}))).toEqual(Array.from({ length: 12 }, (_, place) => 7 + place));
    expect(hoursShown(week({ "3-0": 1, "3-23": 1 }))).toHaveLength(24);
  });

  test("the hour with most stands out; of nothing none does", () => {
    expect(outstanding(week({ "2-9": 2, "4-15": 3 }), false)).toMatchObject({ weekday: 4, hour: 15 });
    expect(outstanding(week({}), false)).toBeNull();
  });
});

describe("metrics", () => {
  const metrics = (starts_at: string, given: Partial<Metrics> = {}): Metrics => ({
    ...{ period: "daily", starts_at, ends_at: starts_at, attempts: 0, successes: 0, failures: 0, calls: 0, completed: 0, total_duration_seconds: 0 },
    ...{ average_duration_seconds: null, connections: 0, failed_connections: 0, average_connection_ms: null, error_counts: {}, unique_users: 0, ...given },
  });
  const now = Date.parse("2026-11-21T12:00:00Z");

  test("periods in which nothing happened are among them, those to come are not", () => {
    const rows = [metrics("2026-11-20T00:00:00Z", { attempts: 3 })];
    const periods = periodsOf(rows, "day", { from: "2026-11-19", to: "2026-11-25" }, "UTC", now);
    expect(periods.map(({ starts_at, row }) => [starts_at.slice(0, 10), row?.attempts ?? null])).toEqual([
      ["2026-11-19", null],
      ["2026-11-20", 3],
      ["2026-11-21", null],
    ]);
  });

  test("those that another zone began are kept", () => {
    const periods = periodsOf([metrics("2026-11-19T23:00:00Z")], "day", { from: "2026-11-19", to: "2026-11-21" }, "UTC", now);
    expect(periods.map(({ starts_at }) => starts_at)).toContain("2026-11-19T23:00:00.000Z");
  });

  test("errors of all periods come to one row for each code, the most frequent first", () => {
    const rows = [
      metrics("2026-11-20T00:00:00Z", { error_counts: { join_denied: { "join.too_early": 1 }, connection_failed: { ice_failed: 2 } } }),
      metrics("2026-11-21T00:00:00Z", { error_counts: { join_denied: { "join.too_early": 4 } } }),
    ];
    expect(errorsOf(rows)).toEqual([
      { action: "join_denied", code: "join.too_early", count: 5 },
      { action: "connection_failed", code: "ice_failed", count: 2 },
    ]);
  });

  test("sums are of all periods", () => {
    expect(together([metrics("a", { attempts: 2, completed: 1 }), metrics("b", { attempts: 3 })])).toMatchObject({ attempts: 5, completed: 1, failures: 0 });
  });
});

describe("the worst of some rows", () => {
  const row = (given: Partial<QualityFigures>): QualityFigures => ({
    ...{ starts_at: null, ends_at: null, value: null, name: null, minutes: 1, scored: 1, score: null, poor_share: null, issues: 0, issues_per_hour: null },
    ...{ rtt_ms: null, jitter_ms: null, packet_loss_pct: null, bitrate_kbps: null, ...given },
  });
  const spread = (p95: number) => ({ mean: 1, p50: 1, p95, p99: p95 });

  test("is the lowest score, and the highest loss of 95 in a hundred", () => {
    const rows = [row({ score: { mean: 90, p50: 92, p5: 70 }, packet_loss_pct: spread(4) }), row({ score: { mean: 80, p50: 99, p5: 75 }, packet_loss_pct: spread(2) })];
    expect(worstOf(rows, measureOf("score"))).toEqual({ row: rows[1], figure: 80 });
    expect(worstOf(rows, measureOf("loss"))).toEqual({ row: rows[0], figure: 4 });
  });

  test("is nobody where there is nothing to compare with", () => {
    expect(worstOf([row({ poor_share: 0.5 }), row({})], measureOf("poor"))).toBeNull();
  });
});
