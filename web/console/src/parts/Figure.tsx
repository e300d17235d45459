import type { ReactNode } from "react";
import classes from "./Figure.module.css";
import type { Tone } from "./tones.js";

/** One number with its name, and what to hold it against. Several stand in `<Figures>`. */
export function Figure({ label, value, note, tone }: { label: string; value: ReactNode; note?: ReactNode; tone?: Tone }) {
  return (
    <div className={classes.figure} data-tone={tone}>
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>{value}</dd>
      {note && <dd className={classes.note}>{note}</dd>}
    </div>
  );
}

export function Figures({ children }: { children: ReactNode }) {
  return <dl className={classes.figures}>{children}</dl>;
}
