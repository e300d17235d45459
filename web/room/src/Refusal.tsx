import styles from "./Card.module.css";
import { useNow } from "./hooks.js";
import { momentOf, span, text } from "./text.js";
import type { Opening, Problem, Visit } from "./visit.js";

const words = text.refusal;

/** What another try cannot change. */
const FINAL = new Set(["no_invite", "join.invite_invalid", "join.room_closed", "join.not_invited", "join.too_late", "join.refused", "join.revoked"]);

export function Refusal({ visit, problem, joining }: { visit: Visit; problem: Problem; joining: boolean }) {
  const now = useNow(500);
  const { code, detail, opens, closedAt } = problem;
  const said = text.refusals[code] ?? text.refusals.other;
  const wait = opens ? Math.ceil((opens.here - now) / 1000) : 0;
  const isOpen = opens !== undefined && wait <= 0;
  const lead = closedAt ? words.tooLateLead(momentOf(closedAt, new Date(now))) : opens ? words.earlyLead(openingOf(opens, now)) : (said.lead ?? detail);

  return (
    <main className={styles.page}>
      <section className={styles.card} data-testid="refusal" data-code={code}>
        <h1 tabIndex={-1} data-screen-title aria-live="polite">
          {isOpen ? words.open : said.title}
        </h1>
        <p className={styles.lead}>{isOpen ? words.openLead : lead}</p>
        {wait > 0 && (
          <p className={styles.countdown}>
            <span>{words.countdown}</span>
            <strong data-testid="countdown" role="timer">
              {span(wait)}
            </strong>
            <span>{words.countdownLead}</span>
          </p>
        )}
        {said.hint && <p className={styles.hint}>{said.hint}</p>}
        {(opens ?? closedAt) && !isOpen && <p className={styles.hint}>{words.timeZone(zoneName())}</p>}
        {!FINAL.has(code) && (
          <button type="button" className={opens ? styles.secondary : styles.primary} data-testid="try-again" disabled={joining} onClick={() => void visit.join(visit.name)}>
            {joining ? text.preview.joining : words.tryAgain}
          </button>
        )}
      </section>
    </main>
  );
}

/** By the server's clock: what day is today there, not here, decides whether the day is said. */
function openingOf({ at, here }: Opening, now: number): string {
  return momentOf(at, new Date(now + at.getTime() - here));
}

function zoneName(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
}
