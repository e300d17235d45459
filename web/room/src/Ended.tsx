import type { Session } from "@callwell/sdk";
import { useState, type SubmitEvent } from "react";
import styles from "./Card.module.css";
import { Star } from "./icons.js";
import { clock, text } from "./text.js";
import type { Ending, Visit } from "./visit.js";

const words = text.ended;

export function Ended({ visit, session, ending }: { visit: Visit; session: Session; ending: Ending }) {
  return (
    <main className={styles.page}>
      <section className={styles.card} data-testid="ended" data-reason={session.reason}>
        <h1 tabIndex={-1} data-screen-title>
          {ending.title}
        </h1>
        {ending.detail && <p className={styles.lead}>{ending.detail}</p>}
        {ending.seconds !== null && (
          <p className={styles.lead}>
            {words.lasted} <strong>{clock(ending.seconds)}</strong>
          </p>
        )}
        {ending.wasIn && <Rating session={session} />}
        <button type="button" className={styles.secondary} data-testid="join-again" onClick={() => void visit.prepare()}>
          {words.again}
        </button>
      </section>
    </main>
  );
}

function Rating({ session }: { session: Session }) {
  const [stars, setStars] = useState(0);
  const [comment, setComment] = useState("");
  const [sent, setSent] = useState(false);

  if (sent) {
    return (
      <p className={styles.thanks} role="status" data-testid="rating-thanks">
        {words.thanks}
      </p>
    );
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    session.rate(stars, comment);
    setSent(true);
  };
  return (
    <form className={styles.rating} onSubmit={submit} data-testid="rating">
      <fieldset className={styles.stars}>
        <legend>{words.rate}</legend>
        <div>
          {[1, 2, 3, 4, 5].map((count) => (
            <label key={count} data-lit={count <= stars} title={words.star(count)}>
              <input type="radio" name="stars" value={count} checked={stars === count} onChange={() => setStars(count)} aria-label={words.star(count)} data-testid={`star-${count}`} />
              <Star />
            </label>
          ))}
        </div>
      </fieldset>
      {stars > 0 && (
        <>
          <label className={styles.comment}>
            <span>{words.comment}</span>
            <textarea rows={3} maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} data-testid="rating-comment" />
          </label>
          <button type="submit" className={styles.primary} data-testid="rating-send">
            {words.send}
          </button>
        </>
      )}
    </form>
  );
}
