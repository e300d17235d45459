/** Figures of periods, the earliest first, with the periods in which nothing happened; and what they come to together. */
import { starts } from "../../analytics/days.js";
import type { Interval } from "../../analytics/intervals.js";
import type { Item } from "../../api/client.js";

export type Metrics = Item<"/v1/metrics">;

export const PERIODS = { hour: "hourly", day: "daily", week: "weekly", month: "monthly" } as const satisfies Record<Interval, Metrics["period"]>;

export interface Period {
  starts_at: string;
  ends_at: string;
  /** Null: nothing happened in it. */
  row: Metrics | null;
}

/** The periods of a range. Those with figures that begin at other moments, since the deployment's zone was another then, are among them. */
export function periodsOf(rows: readonly Metrics[], interval: Interval, range: { from: string; to: string }, zone: string, now: number): Period[] {
  const known = new Map(rows.map((row) => [Date.parse(row.starts_at), row]));
  const begins = starts(interval, range.from, range.to, zone).filter((start) => start <= now);
  const all = [...new Set([...begins, ...known.keys()])].sort((one, other) => one - other);
  return all.map((start, place) => {
    const row = known.get(start) ?? null;
    const starts_at = new Date(start).toISOString();
    return { starts_at, ends_at: row?.ends_at ?? new Date(all[place + 1] ?? start).toISOString(), row };
  });
}

export interface Sums {
  attempts: number;
  successes: number;
  failures: number;
  calls: number;
  completed: number;
  total_duration_seconds: number;
  connections: number;
  failed_connections: number;
}

const NAMES = ["attempts", "successes", "failures", "calls", "completed", "total_duration_seconds", "connections", "failed_connections"] as const satisfies (keyof Sums)[];

export function together(rows: readonly Metrics[]): Sums {
  return Object.fromEntries(NAMES.map((name) => [name, rows.reduce((sum, row) => sum + row[name], 0)])) as unknown as Sums;
}

export interface ErrorCount {
  action: string;
  code: string;
  count: number;
}

/** How often each code was told, the most frequent first. */
export function errorsOf(rows: readonly Metrics[]): ErrorCount[] {
  const counts = new Map<string, ErrorCount>();
  for (const row of rows)
    for (const [action, codes] of Object.entries(row.error_counts))
      for (const [code, count] of Object.entries(codes)) {
        const key = `${action} ${code}`;
        counts.set(key, { action, code, count: (counts.get(key)?.count ?? 0) + count });
      }
  return [...counts.values()].sort((one, other) => other.count - one.count || one.code.localeCompare(other.code));
}
