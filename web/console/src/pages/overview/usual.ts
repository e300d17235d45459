/** Today's figures beside what is usual, in words: more or fewer, by how much, and whether somebody should look. */
import { number, share } from "../../format.js";
import type { Tone } from "../../parts/index.js";
import { strings } from "../../strings/index.js";

export interface Compared {
  today: number | null;
  usual: number | null;
}

/** What a figure is, and which way of it is good: nobody has to know that a high drop rate is bad. */
export interface Measure {
  of: "count" | "rate" | "score";
  better: "more" | "less" | "neither";
}

export interface Told {
  value: string;
  note: string;
  tone: Tone | undefined;
}

/** Rates and scores of fewer calls than these say little: they get no colour. */
export const ENOUGH = 10;

/** Less than this is as usual: of counts a tenth (and a whole one), of rates half a point, of scores one. */
const SAME = { rate: 0.005, score: 1 } as const;
/** From here on it is worth a colour: of counts by half (and by two at least), of rates two points, of scores five. */
const NOTEWORTHY = { rate: 0.02, score: 5 } as const;

/** `calls` is of how many calls today is made. */
export function tell({ today, usual }: Compared, { of, better }: Measure, calls: number): Told {
  const say = (value: number) => (of === "rate" ? share(value) : number(value, of === "score" || value % 1 ? 1 : 0));
  const words = strings.overview.usual;
  if (today === null) return { value: strings.overview.none, note: usual === null ? words.notYet[of] : words.notYetBut(say(usual)), tone: undefined };
  if (usual === null) return { value: say(today), note: words.nothing, tone: undefined };
  const more = today - usual;
  const size = Math.abs(more);
  const isSame = of === "count" ? size < Math.max(0.75, usual * 0.1) : size < SAME[of];
  const value = say(today);
  if (isSame) return { value, note: words.same(say(usual)), tone: undefined };
  const isNoteworthy = of === "count" ? size >= Math.max(2, usual * 0.5) : size >= NOTEWORTHY[of] && calls >= ENOUGH;
  const isWorse = better !== "neither" && more > 0 !== (better === "more");
  const tone = better === "neither" || !isNoteworthy ? undefined : isWorse ? "bad" : "good";
  const by = of === "count" ? words.by(size, more > 0) : of === "rate" ? words.points(size * 100, more > 0) : words.points(size, more > 0);
  const few = of !== "count" && calls < ENOUGH ? words.few(calls) : "";
  return { value, note: `${by}, ${words.usually(say(usual))}${tone === "bad" ? words.look : few}`, tone };
}
