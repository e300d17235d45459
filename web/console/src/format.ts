/** How numbers and times are written. What is not known is a dash, never a nought. */

export type Unknown = null | undefined;

export const DASH = "–";

/** The viewer's own English, else English: words and numbers are of one language. */
export const LOCALE = navigator.languages.find((language) => language.startsWith("en")) ?? "en";

export const VIEWER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const NUMBERS = new Map<number, Intl.NumberFormat>();

/** A number with at most that many digits after the point. */
export function number(value: number | Unknown, digits = 0): string {
  if (value == null) return DASH;
  let format = NUMBERS.get(digits);
  if (!format) NUMBERS.set(digits, (format = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: digits })));
  return format.format(value);
}

/** A share of one as percent. */
export function share(value: number | Unknown, digits = 1): string {
  return value == null ? DASH : `${number(value * 100, digits)} %`;
}

/** What is percent already. */
export function percent(value: number | Unknown, digits = 1): string {
  return value == null ? DASH : `${number(value, digits)} %`;
}

export function milliseconds(value: number | Unknown): string {
  return value == null ? DASH : `${number(value)} ms`;
}

export function bitrate(kbps: number | Unknown): string {
  if (kbps == null) return DASH;
  return kbps >= 1000 ? `${number(kbps / 1000, 1)} Mbit/s` : `${number(kbps)} kbit/s`;
}

/** `1 h 05 min`, `4 min 10 s`, `12 s`. */
export function duration(seconds: number | Unknown): string {
  if (seconds == null) return DASH;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours) return `${number(hours)} h ${String(minutes).padStart(2, "0")} min`;
  if (minutes >= 10) return `${minutes} min`;
  return minutes ? `${minutes} min ${String(whole % 60).padStart(2, "0")} s` : `${whole} s`;
}

/** `1:05:09`, `4:10`: for what runs. */
export function clock(seconds: number | Unknown): string {
  if (seconds == null) return DASH;
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function minutes(value: number | Unknown, digits = 0): string {
  return value == null ? DASH : `${number(value, digits)} min`;
}

type Form = "date" | "time" | "seconds" | "moment" | "full" | "day" | "month";

const FORMS: Record<Form, Intl.DateTimeFormatOptions> = {
  date: { year: "numeric", month: "short", day: "numeric" },
  day: { month: "short", day: "numeric" },
  month: { year: "numeric", month: "short" },
  time: { hour: "2-digit", minute: "2-digit" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  moment: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  full: {
    ...{ weekday: "short", year: "numeric", month: "short", day: "numeric" },
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
  },
};

const TIMES = new Map<string, Intl.DateTimeFormat>();

/** A time of the wire, in the viewer's zone or another. */
export function time(at: string | number | Date | Unknown, form: Form = "moment", zone: string = VIEWER_ZONE): string {
  if (at == null) return DASH;
  const key = `${form} ${zone}`;
  let format = TIMES.get(key);
  if (!format) TIMES.set(key, (format = new Intl.DateTimeFormat(LOCALE, { ...FORMS[form], timeZone: zone })));
  return format.format(new Date(at));
}

/** What a zone is called at a time: `GMT+1`. */
export function zoneName(at: string | Date = new Date(), zone: string = VIEWER_ZONE): string {
  const parts = new Intl.DateTimeFormat(LOCALE, { timeZone: zone, timeZoneName: "short" }).formatToParts(new Date(at));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

const AGO = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto", style: "short" });
const STEPS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** `5 min. ago`, `yesterday`. */
export function ago(at: string | Unknown, now: number = Date.now()): string {
  if (at == null) return DASH;
  const seconds = (new Date(at).getTime() - now) / 1000;
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? (["second", 1] as const);
  return AGO.format(Math.round(seconds / size), unit);
}

const PLURAL = new Intl.PluralRules("en");

/** `plural(1, "call", "calls")` is `1 call`. */
export function plural(count: number | Unknown, one: string, other: string): string {
  return count == null ? `${DASH} ${other}` : `${number(count)} ${PLURAL.select(count) === "one" ? one : other}`;
}

export function bytes(size: number | Unknown): string {
  if (size == null) return DASH;
  if (size < 1000) return `${number(size)} B`;
  return size < 1e6 ? `${number(size / 1e3, 1)} kB` : `${number(size / 1e6, 1)} MB`;
}
