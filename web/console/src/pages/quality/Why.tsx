import { Panel } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Why.module.css";

/** What the figures are made of: how a score comes about, and what it means that one is not known. */
export function Why() {
  const { why } = strings.quality;
  return (
    <Panel title={why.title}>
      <dl className={classes.why}>
        {[why.score, why.unknown, why.percentiles, why.problems].map(({ term, text }) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{text}</dd>
          </div>
        ))}
        <div className={classes.formula}>
          <dt>{why.formula.term}</dt>
          <dd>
            <ul>
              {why.formula.lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
            {why.formula.note}
          </dd>
        </div>
      </dl>
    </Panel>
  );
}
