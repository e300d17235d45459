import styles from "./Card.module.css";
import { useNow } from "./hooks.js";
import { clock, text } from "./text.js";
import type { Problem, Visit } from "./visit.js";

const words = text.refusal;

export function Refusal({ visit, problem, joining }: { visit: Visit; problem: Problem; joining: boolean }) {
  const now = useNow(500);
  const { opensAt } = problem;
  const wait = opensAt === undefined ? 0 : Math.ceil((opensAt - now) / 1000);
  const isOpen = opensAt !== undefined && wait <= 0;

  return (
    <main className={styles.page}>
      <section className={styles.card} data-testid="refusal" data-code={problem.code}>
        <h1 tabIndex={-1} data-screen-title aria-live="polite">
          {isOpen ? words.open : titleOf(problem.code)}
        </h1>
        <p className={styles.lead}>{isOpen ? words.openLead : problem.detail}</p>
        {problem.code === "join.invite_invalid" && <p className={styles.lead}>{words.linkLead}</p>}
        {wait > 0 && (
          <p className={styles.countdown}>
            <span>{words.earlyLead}</span>
            <strong data-testid="countdown" role="timer">
              {clock(wait)}
            </strong>
          </p>
        )}
        {isOpen && (
          <button type="button" className={styles.primary} data-testid="join-button" disabled={joining} onClick={() => void visit.join(visit.name)} autoFocus>
            {joining ? text.preview.joining : words.joinNow}
          </button>
        )}
        {problem.code !== "no_invite" && problem.code !== "join.invite_invalid" && !isOpen && (
          <button type="button" className={opensAt === undefined ? styles.primary : styles.secondary} data-testid="try-again" disabled={joining} onClick={() => void visit.prepare()}>
            {words.tryAgain}
          </button>
        )}
      </section>
    </main>
  );
}

function titleOf(code: string): string {
  switch (code) {
    case "join.too_early":
      return words.early;
    case "join.room_full":
      return words.full;
    case "join.invite_invalid":
    case "no_invite":
      return words.link;
    case "unreachable":
      return words.unreachable;
    default:
      return words.title;
  }
}
