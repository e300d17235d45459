import { duration, time } from "../../format.js";
import { strings } from "../../strings/index.js";
import type { Appointment } from "./columns.js";
import classes from "./Appointments.module.css";

interface Waited {
  side: string | null;
  since: string;
  until: string | null;
  shown_ms: number;
}

/** What a no-show rests on, as the server keeps it (`planning/progress.py`). */
interface Kept {
  opens_at: string;
  closes_at: string;
  waited: Waited[];
  more: number;
  failed_calls: number;
}

export function Evidence({ one }: { one: Pick<Appointment, "evidence"> }) {
  const words = strings.appointments.evidence;
  const kept = one.evidence as Kept | null;
  if (!kept || !Array.isArray(kept.waited)) return <>{words.none}</>;
  return (
    <ul className={classes.waits}>
      {kept.waited.length === 0 && <li>{words.nobody(time(kept.opens_at, "time"), time(kept.closes_at, "time"))}</li>}
      {kept.waited.map((wait, place) => (
        <li key={place}>
          {words.waited(strings.appointments.sides[wait.side ?? "none"] ?? "", time(wait.since, "time"), wait.until && time(wait.until, "time"))}{" "}
          <span className={classes.soft}>({wait.shown_ms ? words.shown(duration(wait.shown_ms / 1000)) : words.claimed})</span>
        </li>
      ))}
      {kept.more > 0 && <li>{words.more(kept.more)}</li>}
      {kept.failed_calls > 0 && <li>{words.failed(kept.failed_calls)}</li>}
    </ul>
  );
}
