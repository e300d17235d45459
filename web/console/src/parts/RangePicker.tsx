import { Select, TextInput } from "@mantine/core";
import { time } from "../format.js";
import { strings } from "../strings/index.js";
import { useQueryState } from "./query.js";
import classes from "./RangePicker.module.css";

const PRESETS = ["1d", "7d", "30d", "90d", "365d"] as const;
const OWN = "own";

export interface Range {
  /** Days of the deployment's calendar as the analytics routes take them: from the first, and before the second. */
  query: { from: string; to: string };
  /** In words. */
  label: string;
}

/** The range that the address holds: a preset (`range=7d`), which goes on meaning the last seven days, or two days (`from=…&to=…`). */
export function useRange(standard: (typeof PRESETS)[number] = "30d"): Range {
  const [preset] = useQueryState("range", standard);
  const [from] = useQueryState("from");
  const [to] = useQueryState("to");
  if (preset === OWN && isDay(from) && isDay(to) && from <= to) return { query: { from, to: nextDay(to) }, label: `${dateOf(from)} – ${dateOf(to)}` };
  const known = PRESETS.find((one) => one === preset) ?? standard;
  return { query: daysBack(parseInt(known), new Date()), label: strings.parts.range.presets[known] };
}

/** Lets a range be chosen, and keeps it in the address. */
export function RangePicker({ standard = "30d" }: { standard?: (typeof PRESETS)[number] }) {
  const { range } = strings.parts;
  const [preset, setPreset] = useQueryState("range", standard);
  const [, setFrom] = useQueryState("from");
  const [, setTo] = useQueryState("to");
  const { query } = useRange(standard);
  const last = nextDay(query.to, -1);
  const choose = (value: string | null) => {
    setFrom(value === OWN ? query.from : null);
    setTo(value === OWN ? last : null);
    setPreset(value);
  };
  const options = [...PRESETS.map((value) => ({ value, label: range.presets[value] })), { value: OWN, label: range.custom }];
  return (
    <div className={classes.range} role="group" aria-label={range.label}>
      <Select size="xs" w={150} aria-label={range.label} data={options} value={preset} onChange={choose} allowDeselect={false} />
      {preset === OWN && (
        <>
          <Day label={range.from} value={query.from} onChange={setFrom} />
          <Day label={range.to} value={last} onChange={setTo} />
        </>
      )}
    </div>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return <TextInput key={value} type="date" size="xs" aria-label={label} defaultValue={value} onBlur={(event) => isDay(event.currentTarget.value) && onChange(event.currentTarget.value)} />;
}

/** A day of the calendar in words; the noon keeps it the same day. */
function dateOf(day: string): string {
  return time(`${day}T12:00:00Z`, "date", "UTC");
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text);
}

/** That many days up to the end of today. */
export function daysBack(days: number, today: Date): { from: string; to: string } {
  const first = new Date(today);
  first.setDate(first.getDate() - days + 1);
  return { from: dayOf(first), to: nextDay(dayOf(today)) };
}

export function nextDay(day: string, days = 1): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

function dayOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
