import type { ReactNode } from "react";
import classes from "./Pairs.module.css";

interface PairsProps {
  of: readonly (readonly [name: string, value: ReactNode])[];
  /** In as many columns as there is room for, each name above what it stands for. */
  inColumns?: boolean;
}

/** Names, and what each stands for. What there is nothing of is left out. */
export function Pairs({ of, inColumns = false }: PairsProps) {
  return (
    <dl className={inColumns ? classes.columns : classes.lines}>
      {of.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
