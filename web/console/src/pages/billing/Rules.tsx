import type { Answer } from "../../api/client.js";
import { Panel } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Billing.module.css";
import { type Flag, FlagBadge } from "./columns.js";

/** Which minutes count and under which code, and what each flag means. */
export function Rules({ told }: { told: Answer<"/v1/analytics/billing"> }) {
  const { rules, flagsTitle, flagsNote } = strings.billing;
  return (
    <div className={classes.halves}>
      <Panel title={flagsTitle}>
        <dl className={classes.legend}>
          {(Object.keys(flagsNote) as Flag[]).map((flag) => (
            <div key={flag}>
              <dt>
                <FlagBadge flag={flag} />
              </dt>
              <dd>{flagsNote[flag]}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel title={rules.title} note={rules.text(rules.counted[told.billing_minutes], rules.rounding[told.billing_rounding])}>
        {told.billing_units.length === 0 ? (
          <p>{rules.none}</p>
        ) : (
          <table className={classes.bands}>
            <thead>
              <tr>
                <th scope="col">{rules.code}</th>
                <th scope="col">{rules.kind}</th>
                <th scope="col">{rules.minutes}</th>
              </tr>
            </thead>
            <tbody>
              {told.billing_units.map((band) => (
                <tr key={`${band.code} ${band.kind ?? ""} ${band.from_minutes}`}>
                  <th scope="row">{band.code}</th>
                  <td>{band.kind ? rules.kinds[band.kind] : rules.anyKind}</td>
                  <td>{rules.band(band.from_minutes, band.to_minutes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </div>
  );
}
