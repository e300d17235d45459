import { Popover } from "@mantine/core";
import type { ReactNode } from "react";
import { number } from "../format.js";
import { strings } from "../strings/index.js";
import classes from "./Badges.module.css";
import { type Tone, toneOf } from "./tones.js";

/** A status in its word and colour. */
export function StatusBadge({ status, tone, label }: { status: string; tone?: Tone; label?: string }) {
  return (
    <span className={classes.badge} data-tone={tone ?? toneOf(status)}>
      {label ?? strings.words.status[status] ?? status.replaceAll("_", " ")}
    </span>
  );
}

const BARS: Record<string, number> = { excellent: 4, good: 3, fair: 2, poor: 1 };

/** A score: its word, its number and how many bars, and, where reasons are given, why it is so. */
export function Score({ value, category, reasons }: { value?: number | null | undefined; category?: string | null | undefined; reasons?: ReactNode }) {
  const word = category ? (strings.words.category[category] ?? category) : null;
  if (value == null && (!category || category === "unknown")) return <span className={classes.none}>{strings.parts.score.none}</span>;
  const shown = (
    <span className={classes.score} data-tone={toneOf(category)}>
      <Bars filled={BARS[category ?? ""] ?? 0} />
      {word}
      {value != null && <b>{number(value)}</b>}
    </span>
  );
  if (!reasons) return shown;
  return (
    <Popover width={320} shadow="md" withArrow trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={classes.why} title={strings.parts.score.why}>
          {shown}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={strings.parts.score.why}>{reasons}</Popover.Dropdown>
    </Popover>
  );
}

function Bars({ filled }: { filled: number }) {
  return (
    <svg viewBox="0 0 16 12" width="16" height="12" aria-hidden="true" className={classes.bars}>
      {[0, 1, 2, 3].map((bar) => (
        <rect key={bar} x={bar * 4} y={9 - bar * 3} width="3" height={3 + bar * 3} rx="0.5" data-filled={bar < filled} />
      ))}
    </svg>
  );
}
