import { useState, type SubmitEvent } from "react";
import styles from "./Lobby.module.css";
import { DeviceChoices, Mirror } from "./Mirror.js";
import { text } from "./text.js";
import type { Visit } from "./visit.js";

const words = text.preview;

export function Preview({ visit, joining }: { visit: Visit; joining: boolean }) {
  const [name, setName] = useState(visit.name);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void visit.join(name);
  };

  return (
    <main className={styles.page} data-testid="preview">
      <Mirror visit={visit} />

      <form className={styles.form} onSubmit={submit}>
        <h1 tabIndex={-1} data-screen-title>
          {words.title}
        </h1>
        <p className={styles.lead}>{words.lead}</p>
        <label className={styles.field}>
          <span>{words.name}</span>
          <input
            data-testid="name-input"
            name="name"
            autoComplete="name"
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
            aria-describedby="name-hint"
          />
          <small id="name-hint">{words.nameHint}</small>
        </label>
        <DeviceChoices visit={visit} />
        <button type="submit" className={styles.join} data-testid="join-button" disabled={joining}>
          {joining ? words.joining : words.join}
        </button>
      </form>
    </main>
  );
}
