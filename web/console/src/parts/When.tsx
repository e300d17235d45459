import { ago, DASH, time } from "../format.js";

/** A time in the viewer's zone; pointing at it tells the whole with its zone. */
export function When({ at, form = "moment" }: { at: string | null | undefined; form?: "moment" | "date" | "time" | "seconds" | "full" | "ago" }) {
  if (!at) return <>{DASH}</>;
  return (
    <time dateTime={at} title={time(at, "full")}>
      {form === "ago" ? ago(at) : time(at, form)}
    </time>
  );
}
