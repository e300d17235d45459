/** How series are drawn, alike on every page. Names of points carry the deployment's clocks, so the axis is one of categories. */
import { useComputedColorScheme } from "@mantine/core";
import type { ChartOption, ChartTable } from "../parts/index.js";
import { SERIES } from "../theme.js";

export interface Series {
  name: string;
  values: readonly (number | null)[];
  /** Lines drawn broken are told apart without colour. */
  dash?: "dashed" | "dotted";
  /** What stands for something that is bad, or for something that is none of ours, looks so in every chart; all else has the next colour. */
  means?: Meaning;
}

type Meaning = "usual" | "bad" | "idle";
const PLACES: Record<Meaning, number> = { usual: 0, bad: 1, idle: 6 };

/** The colours of series in the scheme that is shown. */
export function usePalette(): readonly string[] {
  return SERIES[useComputedColorScheme("light")];
}

interface Drawn {
  names: readonly string[];
  series: readonly Series[];
  /** A value as text, in tooltips and in the table. */
  say: (value: number | null) => string;
  /** On the axis; as `say` where not given. */
  sayShort?: (value: number) => string;
  /** Which points are not over. */
  partial?: readonly boolean[];
  /** What is counted has no halves on the axis. */
  isCount?: boolean;
  /** The axis need not begin at nought, or ends somewhere. */
  min?: number;
  max?: number;
}

/** More series than can be told apart by colour are not drawn. */
export const MOST_DRAWN = 8;

export function bars(drawn: Drawn, palette: readonly string[]): ChartOption {
  return {
    ...frame(drawn),
    series: drawn.series.map((one) => ({
      type: "bar",
      name: one.name,
      stack: "all",
      barMaxWidth: 36,
      ...(one.means ? { color: palette[PLACES[one.means]]! } : {}),
      data: one.values.map((value, place) => (drawn.partial?.[place] ? { value: value ?? "-", itemStyle: { opacity: 0.55 } } : (value ?? "-"))),
    })),
  };
}

export function lines(drawn: Drawn): ChartOption {
  return {
    ...frame(drawn),
    series: drawn.series.map((one) => ({
      type: "line",
      name: one.name,
      data: one.values.map((value) => value ?? "-"),
      showSymbol: one.values.length <= 62,
      lineStyle: { type: one.dash ?? "solid", width: 2 },
    })),
  };
}

/** Side by side, for values that have no order in time. */
export function columns(drawn: Drawn): ChartOption {
  return {
    ...frame(drawn),
    series: drawn.series.map((one) => ({ type: "bar", name: one.name, barMaxWidth: 28, data: one.values.map((value) => value ?? "-") })),
  };
}

export function tableOf(head: string, { names, series, say }: Drawn): ChartTable {
  return { head: [head, ...series.map((one) => one.name)], rows: names.map((name, place) => [name, ...series.map((one) => say(one.values[place] ?? null))]) };
}

/** There is room for `Sat, Nov 21` and `09:00`, not for `(so far)` and `to 10:00`. */
function onAxis(name: string): string {
  return name.replace(/ \(.*\)$/, "").replace(/^(\d\d:\d\d) to \d\d:\d\d$/, "$1");
}

function frame({ names, series, say, sayShort, isCount = false, min, max }: Drawn): ChartOption {
  const short = sayShort ?? ((value: number) => say(value));
  return {
    legend: { show: series.length > 1, type: "scroll" },
    grid: { left: 4, right: 12, top: series.length > 1 ? 34 : 12, bottom: 4 },
    tooltip: { trigger: "axis", confine: true, axisPointer: { type: "shadow" }, valueFormatter: (value: unknown) => say(typeof value === "number" ? value : null) },
    xAxis: { type: "category", data: [...names], axisLabel: { hideOverlap: true, formatter: onAxis } },
    yAxis: { type: "value", minInterval: isCount ? 1 : 0, axisLabel: { formatter: short }, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
  };
}
