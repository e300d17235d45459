/** A time axis on which everybody's attendance stands. */

export interface Stretch {
  from: string;
  to?: string | null;
}

export interface Axis {
  start: number;
  end: number;
}

/** From the first to the last of all these, whatever goes on until now. Null where there is nothing. */
export function axisOf(stretches: readonly Stretch[], now: number): Axis | null {
  if (stretches.length === 0) return null;
  const start = Math.min(...stretches.map(({ from }) => Date.parse(from)));
  const end = Math.max(...stretches.map(({ to }) => (to ? Date.parse(to) : now)));
  const margin = Math.max(60_000, (end - start) * 0.02);
  return { start: start - margin, end: end + margin };
}

/** Where a stretch lies on the axis, in percent of its width; what is short can still be seen. */
export function onAxis(axis: Axis, { from, to }: Stretch, now: number): { left: number; width: number } {
  const whole = axis.end - axis.start;
  const left = (Math.max(axis.start, Date.parse(from)) - axis.start) / whole;
  const right = (Math.min(axis.end, to ? Date.parse(to) : now) - axis.start) / whole;
  return { left: left * 100, width: Math.max(0.25, (right - left) * 100) };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440];

/** Round times along the axis, a handful of them. */
export function ticksOf(axis: Axis, most = 8): number[] {
  const span = (axis.end - axis.start) / 60_000;
  const step = (STEPS.find((minutes) => span / minutes <= most) ?? 2880) * 60_000;
  // Round by the viewer's clocks, whose zones lie whole quarters of an hour apart.
  const shift = new Date(axis.start).getTimezoneOffset() * 60_000;
  const first = Math.ceil((axis.start - shift) / step) * step + shift;
  const ticks: number[] = [];
  for (let at = first; at <= axis.end; at += step) ticks.push(at);
  return ticks;
}
