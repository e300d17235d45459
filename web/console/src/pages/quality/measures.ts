/** What can be shown of quality, and how each is said. */
import type { Series } from "../../analytics/charts.js";
import type { Answer } from "../../api/client.js";
import { bitrate, milliseconds, number, percent, share } from "../../format.js";
import { strings } from "../../strings/index.js";

export type QualityFigures = Answer<"/v1/analytics/quality">["total"];

export const MEASURES = ["score", "poor", "issues", "rtt", "jitter", "loss", "bitrate"] as const;
export type MeasureName = (typeof MEASURES)[number];

interface Measure {
  say: (value: number) => string;
  series: (rows: readonly QualityFigures[]) => Series[];
  /** By what rows are compared, and which end of it is bad. */
  figure: (row: QualityFigures) => number | null;
  bad: "low" | "high";
  max?: number;
}

type SpreadName = "rtt_ms" | "jitter_ms" | "packet_loss_pct" | "bitrate_kbps";

function spreadOf(name: SpreadName, say: (value: number) => string, bad: "low" | "high" = "high"): Measure {
  const words = strings.quality.series;
  return {
    say,
    bad,
    series: (rows) => [
      { name: words.half, values: rows.map((row) => row[name]?.p50 ?? null) },
      { name: words.mean, values: rows.map((row) => row[name]?.mean ?? null), dash: "dotted" },
      { name: words.p95, values: rows.map((row) => row[name]?.p95 ?? null), dash: "dashed" },
    ],
    figure: (row) => (bad === "high" ? row[name]?.p95 : row[name]?.p50) ?? null,
  };
}

export function measureOf(name: MeasureName): Measure {
  const words = strings.quality.series;
  switch (name) {
    case "score":
      return {
        say: (value) => number(value, 1),
        bad: "low",
        max: 100,
        series: (rows) => [
          { name: words.halfLeast, values: rows.map((row) => row.score?.p50 ?? null) },
          { name: words.mean, values: rows.map((row) => row.score?.mean ?? null), dash: "dotted" },
          { name: words.p5, values: rows.map((row) => row.score?.p5 ?? null), dash: "dashed" },
        ],
        figure: (row) => row.score?.mean ?? null,
      };
    case "poor":
      return { say: (value) => share(value), bad: "high", series: (rows) => [{ name: words.share, values: rows.map((row) => row.poor_share) }], figure: (row) => row.poor_share };
    case "issues":
      return {
        say: (value) => number(value, 2),
        bad: "high",
        series: (rows) => [{ name: words.perHour, values: rows.map((row) => row.issues_per_hour) }],
        figure: (row) => row.issues_per_hour,
      };
    case "rtt":
      return spreadOf("rtt_ms", milliseconds);
    case "jitter":
      return spreadOf("jitter_ms", (value) => `${number(value, 1)} ms`);
    case "loss":
      return spreadOf("packet_loss_pct", (value) => percent(value, 2));
    case "bitrate":
      return spreadOf("bitrate_kbps", bitrate, "low");
  }
}

/** The row that stands worst, and by what; null where there is only one, or nothing is known. */
export function worstOf<R extends QualityFigures>(rows: readonly R[], measure: Measure): { row: R; figure: number } | null {
  const known = rows.flatMap((row) => {
    const figure = measure.figure(row);
    return figure === null ? [] : [{ row, figure }];
  });
  if (known.length < 2) return null;
  return known.reduce((worst, one) => ((measure.bad === "high" ? one.figure > worst.figure : one.figure < worst.figure) ? one : worst));
}
