import type { components } from "../../api/schema.js";
import { duration, number, share } from "../../format.js";
import { strings } from "../../strings/index.js";
import classes from "./call.module.css";
import { whyNone } from "./words.js";

type Why = components["schemas"]["Why"];
type Coverage = components["schemas"]["Coverage"];

interface Given {
  score: number | null;
  reasons: readonly Why[];
  coverage: Coverage;
  formula: string;
  profile: string;
}

/** Why a score is what it is, or why there is none, how much was seen, and by what it was worked out. */
export function WhyScore({ score, reasons, coverage, formula, profile }: Given) {
  const { why } = strings.call;
  return (
    <div className={classes.why}>
      <b>{why.title}</b>
      {score !== null && reasons.length === 0 && <p>{why.full}</p>}
      {reasons.length > 0 && (
        <ul>
          {reasons.map((reason) => (
            <li key={reason.code}>{reason.points !== null ? why.lost(number(reason.points, 1), why.causes[reason.code] ?? reason.code) : whyNone(reason.code)}</li>
          ))}
        </ul>
      )}
      <p className={classes.soft}>
        {coverage.share !== null && coverage.share > 0 ? why.coverage(share(coverage.share, 0)) : why.unseen} {strings.call.people.seenOf(duration(coverage.covered_seconds), duration(coverage.connected_seconds))}.{" "}
        {why.formula(formula, profile)}
      </p>
    </div>
  );
}
