/** Days, weeks and months of a time zone's calendar, as moments. */
import type { Interval } from "./intervals.js";

const HOUR_MS = 3_600_000;

const CLOCKS = new Map<string, Intl.DateTimeFormat>();

/** By how much the clocks of a zone are ahead of UTC at a moment, in milliseconds. */
function offsetAt(at: number, zone: string): number {
  let format = CLOCKS.get(zone);
  if (!format) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
    CLOCKS.set(zone, (format = new Intl.DateTimeFormat("en-US", { ...parts, hourCycle: "h23", timeZone: zone })));
  }
  const shown = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
  const clock = Date.parse(`${shown["year"]}-${shown["month"]}-${shown["day"]}T${shown["hour"]}:${shown["minute"]}:${shown["second"]}Z`);
  return clock - Math.floor(at / 1000) * 1000;
}

/** When a day (`2026-11-21`) begins by the clocks of a zone. Where no clock shows its midnight, the moment at which clocks are put forward over it. */
export function startOfDay(day: string, zone: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const shows = (at: number) => offsetAt(at, zone) === midnight - at;
  const before = midnight - offsetAt(midnight - 24 * HOUR_MS, zone);
  const after = midnight - offsetAt(before, zone);
  return !shows(before) && shows(after) ? after : before;
}

/** When the periods begin that have any of the days from the first until before the second. */
export function starts(interval: Interval, from: string, to: string, zone: string): number[] {
  const last = startOfDay(to, zone);
  if (interval === "hour") {
    const first = startOfDay(from, zone);
    return Array.from({ length: Math.round((last - first) / HOUR_MS) }, (_, hour) => first + hour * HOUR_MS);
  }
  const found: number[] = [];
  for (let day = firstOf(interval, from); day < to; day = after(interval, day)) found.push(startOfDay(day, zone));
  return found;
}

/** The first day of the period that a day lies in. */
function firstOf(interval: Interval, day: string): string {
  if (interval === "month") return `${day.slice(0, 7)}-01`;
  return interval === "week" ? later(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7)) : day;
}

function after(interval: Interval, day: string): string {
  if (interval !== "month") return later(day, interval === "week" ? 7 : 1);
  const date = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + 1);
  return date.toISOString().slice(0, 10);
}

function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 24 * HOUR_MS).toISOString().slice(0, 10);
}
