import type { ParticipantView, Session } from "@callwell/sdk";
import { useEffect, useRef, useState } from "react";
import { text } from "./text.js";
import styles from "./WaitingList.module.css";

const words = text.waitingList;

const nameOf = (one: ParticipantView) => one.display_name ?? text.call.guest;

/** A host's: who waits to be let in, and the two things that can be done about it. */
export function WaitingList({ session }: { session: Session }) {
  const { waiting } = session;
  const [asked, setAsked] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<string | null>(null);
  const list = useRef<HTMLElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const news = useNews(waiting);
  const count = waiting.length;
  const hadFocus = useRef(false);

  // A row that goes takes the focus with it. It goes on to the title, not to the next row: a key pressed twice must not decide of two people.
  useEffect(() => {
    if (!hadFocus.current || list.current?.contains(document.activeElement)) return;
    (title.current ?? document.querySelector<HTMLElement>("[data-screen-title]"))?.focus({ preventScroll: true });
  }, [count]);

  const decide = async (one: ParticipantView, verdict: "admit" | "refuse") => {
    setProblem(null);
    setAsked((ids) => new Set([...ids, one.id]));
    const refused = await session[verdict](one.id);
    setAsked((ids) => new Set([...ids].filter((id) => id !== one.id)));
    if (refused) setProblem(words.failed(nameOf(one), refused.detail));
  };

  return (
    <>
      <p className={styles.unseen} role="status" data-testid="waiting-news">
        {news}
      </p>
      {count > 0 && (
        <section
          ref={list}
          className={styles.list}
          aria-label={words.title}
          data-testid="waiting-list"
          onFocus={() => (hadFocus.current = true)}
          onBlur={({ relatedTarget }) => (hadFocus.current = relatedTarget === null)}
        >
          <h2 ref={title} tabIndex={-1}>
            {words.wait(count)}
          </h2>
          {problem && (
            <p className={styles.problem} role="alert">
              {problem}
            </p>
          )}
          <ul>
            {waiting.map((one) => (
              <li key={one.id}>
                <span className={styles.name}>{nameOf(one)}</span>
                <button type="button" className={styles.admit} aria-label={words.admitOne(nameOf(one))} disabled={asked.has(one.id)} data-testid="admit" onClick={() => void decide(one, "admit")}>
                  {words.admit}
                </button>
                <button type="button" className={styles.refuse} aria-label={words.refuseOne(nameOf(one))} disabled={asked.has(one.id)} data-testid="refuse" onClick={() => void decide(one, "refuse")}>
                  {words.refuse}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** What is said aloud when it changes who waits. */
function useNews(waiting: readonly ParticipantView[]): string {
  const [known, setKnown] = useState<readonly string[]>([]);
  const [news, setNews] = useState("");
  const ids = waiting.map(({ id }) => id);
  if (ids.join() !== known.join()) {
    const came = waiting.filter(({ id }) => !known.includes(id));
    setKnown(ids);
    setNews(came.length === 1 ? words.waits(nameOf(came[0]!)) : ids.length > 0 ? words.wait(ids.length) : words.nobody);
  }
  return news;
}
