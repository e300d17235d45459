import { useEffect, useSyncExternalStore } from "react";
import { Call } from "./Call.js";
import { Consent } from "./Consent.js";
import { Ended } from "./Ended.js";
import { Preview } from "./Preview.js";
import { Refusal } from "./Refusal.js";
import { text } from "./text.js";
import styles from "./App.module.css";
import { Waiting } from "./Waiting.js";
import type { Visit } from "./visit.js";

export function App({ visit }: { visit: Visit }) {
  const screen = useSyncExternalStore(visit.subscribe, () => visit.screen);
  const { kind } = screen;

  // Who cannot see that the screen has changed hears it.
  useEffect(() => {
    document.querySelector<HTMLElement>("[data-screen-title]")?.focus({ preventScroll: true });
    const titles = {
      call: text.call.title,
      consent: text.consent.title,
      ended: text.ended.over,
      refused: text.refusals.other.title,
      preview: text.preview.title,
      returning: text.call.returning,
      waiting: text.waiting.title,
    };
    document.title = `${titles[kind]} · ${text.product}`;
  }, [kind]);

  switch (kind) {
    case "returning":
      return (
        <main className={styles.quiet} role="status">
          <span className={styles.spinner} aria-hidden="true" />
          <h1 className={styles.lead} tabIndex={-1} data-screen-title>
            {text.call.returning}
          </h1>
        </main>
      );
    case "preview":
      return <Preview visit={visit} joining={screen.joining} />;
    case "refused":
      return <Refusal visit={visit} problem={screen.problem} joining={screen.joining} />;
    case "consent":
      return <Consent visit={visit} declined={screen.declined} joining={screen.joining} />;
    case "waiting":
      return <Waiting visit={visit} session={screen.session} since={screen.since} />;
    case "call":
      return <Call visit={visit} session={screen.session} media={screen.media} />;
    case "ended":
      return <Ended visit={visit} session={screen.session} ending={screen.ending} />;
  }
}
