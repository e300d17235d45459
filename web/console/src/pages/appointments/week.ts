/** Weeks as people who look at calendars have them: from Monday, by the viewer's clocks. */

const DAY = 86_400_000;

const two = (value: number) => String(value).padStart(2, "0");

/** The day of a moment by the viewer's clocks: `2026-11-21`. */
export function dayOf(at: string | Date): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Another day of the calendar; how long days are plays no part. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The seven days, Monday first, of the week that a day is in. What is no day gives this week. */
export function weekOf(day: string, today: Date = new Date()): string[] {
  const known = /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : dayOf(today);
  const weekday = (new Date(`${known}T12:00:00Z`).getUTCDay() + 6) % 7;
  return [0, 1, 2, 3, 4, 5, 6].map((place) => dayAfter(known, place - weekday));
}

/** When a day begins by the viewer's clocks, as the API takes times. */
export function beginOf(day: string): string {
  return new Date(`${day}T00:00:00`).toISOString();
}

/** The days that a week's calendar shows: a weekend day only where something is on it. */
export function shownDays(week: readonly string[], booked: ReadonlySet<string>): string[] {
  return week.filter((day, place) => place < 5 || booked.has(day));
}

// ── Where appointments stand in a day ────────────────────────────────────────────────────────────────────────────────────────────

export interface Timed {
  scheduled_at: string;
  duration_minutes: number;
}

export interface Placed<One> {
  one: One;
  /** Minutes after midnight, as the clocks show it. */
  from: number;
  minutes: number;
  /** Side by side with others at the same time: which of how many. */
  lane: number;
  lanes: number;
}

/** Each beside those at the same time as it; those that touch one another, however far along, share the width evenly. */
export function placed<One extends Timed>(appointments: readonly One[]): Placed<One>[] {
  const inOrder = appointments
    .map((one) => {
      const begins = new Date(one.scheduled_at);
      return { one, from: begins.getHours() * 60 + begins.getMinutes(), minutes: one.duration_minutes, lane: 0, lanes: 1 };
    })
    .sort((one, other) => one.from - other.from || other.minutes - one.minutes);
  let together: Placed<One>[] = [];
  let ends: number[] = [];
  const close = () => {
    for (const one of together) one.lanes = ends.length;
    together = [];
    ends = [];
  };
  for (const next of inOrder) {
    if (ends.length && Math.max(...ends) <= next.from) close();
    const free = ends.findIndex((end) => end <= next.from);
    next.lane = free < 0 ? ends.length : free;
    ends[next.lane] = next.from + next.minutes;
    together.push(next);
  }
  close();
  return inOrder;
}

/** From which hour to before which the calendar is drawn: working hours, and whatever lies outside of them. */
export function hoursOf(days: readonly (readonly Placed<unknown>[])[]): [first: number, last: number] {
  const all = days.flat();
  const first = Math.min(9, ...all.map(({ from }) => Math.floor(from / 60)));
  const last = Math.max(17, ...all.map(({ from, minutes }) => Math.ceil((from + minutes) / 60)));
  return [first, Math.min(24, last)];
}
