import type { Session } from "@callwell/sdk";
import { useNow, useOnline } from "./hooks.js";
import styles from "./Lobby.module.css";
import { DeviceChoices, Mirror } from "./Mirror.js";
import { clock, text } from "./text.js";
import type { Visit } from "./visit.js";

const words = text.waiting;

/** Until a host lets one in. For whom one waits is not told. */
export function Waiting({ visit, session, since }: { visit: Visit; session: Session; since: number }) {
  const now = useNow(500);
  const online = useOnline(session);
  const isLost = !online && session.sinceStart !== null && session.sinceStart > 3_000;

  return (
    <main className={styles.page} data-testid="waiting">
      <Mirror visit={visit} />

      <section className={styles.form}>
        <h1 tabIndex={-1} data-screen-title>
          {words.title}
        </h1>
        <p className={styles.lead}>{words.lead}</p>
        <p className={styles.wait}>
          <span>{words.timer}</span>
          <strong role="timer" data-testid="waited">
            {clock((now - since) / 1000)}
          </strong>
        </p>
        <p className={styles.lost} role="status">
          {isLost ? words.offline : ""}
        </p>
        <p className={styles.hint}>{words.hint}</p>
        <DeviceChoices visit={visit} />
        <button type="button" className={styles.leave} data-testid="leave-waiting" onClick={() => void visit.leave()}>
          {words.leave}
        </button>
      </section>
    </main>
  );
}
