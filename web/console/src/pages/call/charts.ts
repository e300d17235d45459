/** The quality of a call as a chart: a strip for each measure, all on the axis of the bars above. Pure. */
import { number, time } from "../../format.js";
import type { ChartOption, ChartTable } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { at, type Axis, type Entry, type Series } from "./layout.js";

export const MEASURES = ["score", "rtt_ms", "jitter_ms", "packet_loss_pct", "bitrate_kbps"] as const;
export type Measure = (typeof MEASURES)[number];

const STRIP = 74;
const GAP = 30;
const TOP = 52;
const FOOT = 26;

export function chartHeight(measures: readonly Measure[]): number {
  return TOP + measures.length * (STRIP + GAP) - GAP + FOOT + 8;
}

const LINES = ["solid", "dashed", "dotted"] as const;
/** More lines that stand at one time than anybody could tell apart are not drawn. */
const MOST_MARKS = 80;

export interface Gutters {
  left: number;
  right: number;
}

/** `names` are of the lines; the gutters are those of the bars, so that one time lies at one place in both. */
export function qualityOption(series: Series, names: ReadonlyMap<string, string>, marks: readonly Entry[], axis: Axis, gutters: Gutters, zone?: string): ChartOption {
  const measures = measuresOf(series);
  const times = timesOf(series);
  const lines = measures.flatMap((measure, strip) =>
    series.lines.map((line, place) => ({
      type: "line" as const,
      name: names.get(line.participant_id) ?? line.participant_id,
      xAxisIndex: strip,
      yAxisIndex: strip,
      showSymbol: false,
      connectNulls: false,
      lineStyle: { width: 1.75, type: LINES[Math.floor(place / 4) % 3] ?? "solid" },
      // A value stands for its step; one alone between two unknown ones is a line of its own length.
      step: "end" as const,
      data: times.map((when, step) => [when, line[measure][step] ?? null]),
      ...(place === 0 && { markLine: markLine(marks) }),
    })),
  );
  return {
    legend: { type: "scroll", top: 0, left: gutters.left },
    axisPointer: { link: [{ xAxisIndex: "all" }], label: { show: false } },
    tooltip: {
      trigger: "axis",
      formatter: (given) => tooltip(given as unknown as Pointed[], zone),
    },
    grid: measures.map((_, strip) => ({ left: gutters.left, right: gutters.right, top: TOP + strip * (STRIP + GAP), height: STRIP, outerBoundsMode: "none" as const })),
    xAxis: measures.map((_, strip) => ({
      type: "time" as const,
      gridIndex: strip,
      min: axis.start,
      max: axis.end,
      axisLabel: { show: strip === measures.length - 1, hideOverlap: true, formatter: (value: number) => time(value, axis.end - axis.start < 600_000 ? "seconds" : "time", zone) },
    })),
    yAxis: measures.map((measure, strip) => ({
      type: "value" as const,
      gridIndex: strip,
      name: strings.call.measures[measure],
      nameLocation: "end" as const,
      nameGap: 8,
      nameTextStyle: { align: "left" as const, fontWeight: 600 },
      min: 0,
      ...(measure === "score" && { max: 100, interval: 50 }),
      splitNumber: 2,
      axisLabel: { formatter: (value: number) => number(value) },
    })),
    series: lines,
  };
}

interface Pointed {
  axisIndex: number;
  axisValue: number;
  seriesName: string;
  data: [number, number | null];
}

function tooltip(pointed: Pointed[], zone: string | undefined): string {
  const first = pointed[0];
  if (!first) return "";
  const lines = pointed.filter((one) => one.data[1] !== null).map((one) => `${one.seriesName}: ${number(one.data[1], 1)}`);
  return [time(first.axisValue, "seconds", zone), ...lines].join("\n");
}

function markLine(marks: readonly Entry[]) {
  return {
    silent: true,
    symbol: "none",
    animation: false,
    label: { show: false },
    lineStyle: { type: "dotted" as const, width: 1, opacity: 0.55, color: "#808a94" },
    data: marks.slice(0, MOST_MARKS).map((entry) => ({ xAxis: at(entry.at) })),
  };
}

/** Those of which anything is known. */
export function measuresOf(series: Series): Measure[] {
  return MEASURES.filter((measure) => measure === "score" || series.lines.some((line) => line[measure].some((value) => value !== null)));
}

function timesOf(series: Series): number[] {
  const since = at(series.since);
  return Array.from({ length: series.steps }, (_, step) => since + step * series.step_seconds * 1000);
}

/** The same numbers: a row for each step of each person of whom anything is known in it. */
export function qualityTable(series: Series, names: ReadonlyMap<string, string>): ChartTable {
  const measures = measuresOf(series);
  const times = timesOf(series);
  return {
    head: [strings.call.series.time, strings.call.series.person, ...measures.map((measure) => strings.call.measures[measure])],
    rows: times.flatMap((when, step) =>
      series.lines
        .filter((line) => measures.some((measure) => line[measure][step] != null))
        .map((line) => [time(when, "seconds"), names.get(line.participant_id) ?? line.participant_id, ...measures.map((measure) => line[measure][step] ?? null)]),
    ),
  };
}
