/** How far the points of a series are apart, and what a point is called. */
import { LOCALE, time } from "../format.js";
import { useQueryState } from "../parts/index.js";
import { strings } from "../strings/index.js";

export const INTERVALS = ["hour", "day", "week", "month"] as const;
export type Interval = (typeof INTERVALS)[number];

const DAY_MS = 86_400_000;

/** Days from the first until before the second. */
export function daysOf(range: { from: string; to: string }): number {
  return Math.round((Date.parse(range.to) - Date.parse(range.from)) / DAY_MS);
}

/** Which intervals make a series that can be read: not one point, and no more than some hundreds. */
export function intervalsOf(days: number): readonly Interval[] {
  return INTERVALS.filter((interval) => {
    if (interval === "hour") return days <= 14;
    if (interval === "day") return days > 1 && days <= 400;
    return interval === "week" ? days > 14 : days > 60;
  });
}

/** The one that is taken where nobody chose: some twenty to ninety points. */
export function usualInterval(days: number): Interval {
  if (days <= 2) return "hour";
  if (days <= 92) return "day";
  return days <= 400 ? "week" : "month";
}

/** The interval that the address holds (`interval=week`) where it fits the range. */
export function useInterval(range: { from: string; to: string }): [interval: Interval, set: (to: string) => void, choices: readonly Interval[]] {
  const days = daysOf(range);
  const usual = usualInterval(days);
  const [held, set] = useQueryState("interval");
  const choices = intervalsOf(days);
  return [choices.find((one) => one === held) ?? usual, (to) => set(to === usual ? null : to), choices];
}

const WEEKDAYS = new Map<string, Intl.DateTimeFormat>();

/** `Sat`, or `Saturday`. */
export function weekdayOf(at: string, zone: string, length: "short" | "long" = "short"): string {
  const key = `${length} ${zone}`;
  let format = WEEKDAYS.get(key);
  if (!format) WEEKDAYS.set(key, (format = new Intl.DateTimeFormat(LOCALE, { weekday: length, timeZone: zone })));
  return format.format(new Date(at));
}

/** The weekday from 1 (Monday) to 7 in words. */
export function weekdayName(weekday: number, length: "short" | "long" = "long"): string {
  return weekdayOf(`2024-01-0${weekday}T12:00:00Z`, "UTC", length);
}

/** What a point is called, by the deployment's clocks. */
export function pointName(at: string, interval: Interval, zone: string): string {
  if (interval === "hour") return `${time(at, "day", zone)}, ${time(at, "time", zone)}`;
  if (interval === "day") return `${weekdayOf(at, zone)}, ${time(at, "day", zone)}`;
  return interval === "week" ? strings.analytics.weekOf(time(at, "day", zone)) : time(at, "month", zone);
}

interface Point {
  starts_at: string | null;
  ends_at: string | null;
}

export interface Named<P> {
  name: string;
  /** It is not over: its figures are those so far. */
  isPartial: boolean;
  row: P;
}

/** The points that have begun, with their names. */
export function named<P extends Point>(points: readonly P[], interval: Interval, zone: string, now: number = Date.now()): Named<P>[] {
  const begun = points.filter((point) => point.starts_at !== null && Date.parse(point.starts_at) <= now);
  // Hours of one day need not say the day each.
  const isOneDay = interval === "hour" && new Set(begun.map((point) => time(point.starts_at, "day", zone))).size === 1;
  return begun.map((row) => {
    const isPartial = row.ends_at !== null && Date.parse(row.ends_at) > now;
    const name = isOneDay ? time(row.starts_at, "time", zone) : pointName(row.starts_at!, interval, zone);
    return { name: isPartial ? strings.analytics.soFar(name) : name, isPartial, row };
  });
}
