import styles from "./Card.module.css";
import { text } from "./text.js";
import type { Visit } from "./visit.js";

const words = text.consent;

/** Asks before anything is recorded. Yes and no weigh the same: neither is chosen beforehand. */
export function Consent({ visit, declined, joining }: { visit: Visit; declined: boolean; joining: boolean }) {
  return (
    <main className={styles.page}>
      <section className={styles.card} data-testid="consent" data-declined={declined}>
        <h1 tabIndex={-1} data-screen-title aria-live="polite">
          {declined ? words.declined : words.title}
        </h1>
        <p className={styles.lead}>{declined ? words.declinedLead : words.lead}</p>
        <p className={styles.hint}>{declined ? words.declinedHint : words.hint}</p>
        {declined ? (
          <button type="button" className={styles.secondary} data-testid="consent-back" onClick={() => void visit.prepare()}>
            {words.back}
          </button>
        ) : (
          <div className={styles.choice}>
            <button type="button" className={styles.secondary} data-testid="consent-yes" disabled={joining} onClick={() => void visit.agree()}>
              {joining ? text.preview.joining : words.yes}
            </button>
            <button type="button" className={styles.secondary} data-testid="consent-no" disabled={joining} onClick={() => visit.decline()}>
              {words.no}
            </button>
          </div>
        )}
      </section>
    </main>
  );
}
