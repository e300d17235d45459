import type { ComponentType } from "react";
import styles from "./Toggle.module.css";

interface Props {
  on: boolean;
  /** What pressing does: when it is off, when it is on. */
  labels: readonly [string, string];
  icons: readonly [ComponentType, ComponentType];
  set: (on: boolean) => void;
  testId: string;
  /** Off is nothing to be warned of. */
  calm?: boolean;
  /** The words stand beside the symbol where there is room. */
  wide?: boolean;
}

export function Toggle({ on, labels, icons, set, testId, calm = false, wide = false }: Props) {
  const Icon = icons[on ? 1 : 0];
  const label = labels[on ? 1 : 0];
  return (
    <button type="button" className={styles.toggle} data-on={on} data-calm={calm} data-testid={testId} aria-label={label} title={label} onClick={() => set(!on)}>
      <Icon />
      {wide && <span aria-hidden="true">{label}</span>}
    </button>
  );
}
