import { useMemo } from "react";
import { bars, lines, MOST_DRAWN, tableOf, usePalette } from "../../analytics/charts.js";
import { isSingle, valueName } from "../../analytics/dimensions.js";
import { named } from "../../analytics/intervals.js";
import { address, type Answer } from "../../api/client.js";
import { number, plural } from "../../format.js";
import { Chart, Download, Panel } from "../../parts/index.js";
import { strings } from "../../strings/index.js";

type Told = Answer<"/v1/analytics/volume">;

/** Calls over time: what became of them, or a series for each value. */
export function Volume({ told, query }: { told: Told; query: Record<string, string> }) {
  const words = strings.activity.volume;
  const { by } = told;
  const palette = usePalette();
  const { option, table, label, isMore } = useMemo(() => drawing(told, palette), [told, palette]);
  const zone = strings.analytics.zone(told.time_zone);
  const notes = [zone, by && !isSingle(by) ? strings.analytics.many : "", isMore ? strings.analytics.drawn(MOST_DRAWN - 1, told.series.length) : ""];
  return (
    <Panel
      title={by ? words.by(strings.analytics.dimensions[by]) : words.title}
      note={notes.filter(Boolean).join(" ")}
      actions={<Download href={address("/v1/analytics/volume", { query })} what={words.title} />}
    >
      <Chart label={label} option={option} table={table} />
    </Panel>
  );
}

function drawing(told: Told, palette: readonly string[]) {
  const words = strings.activity.volume;
  const points = told.series.map((series) => named(series.points, told.interval, told.time_zone));
  const [first = []] = points;
  const all = {
    names: first.map((point) => point.name),
    partial: first.map((point) => point.isPartial),
    say: (value: number | null) => number(value),
    isCount: true,
    series: told.by
      ? told.series.map((series, place) => ({ name: valueName(told.by!, series.value, series.name), values: points[place]!.map(({ row }) => row.calls) }))
      : [
          { name: words.held, means: "usual" as const, values: first.map(({ row }) => row.calls - row.failed - row.unanswered) },
          { name: words.unanswered, means: "idle" as const, values: first.map(({ row }) => row.unanswered) },
          { name: words.failed, means: "bad" as const, values: first.map(({ row }) => row.failed) },
        ],
  };
  const isMore = all.series.length > MOST_DRAWN;
  const drawn = { ...all, series: isMore ? all.series.slice(0, MOST_DRAWN - 1) : all.series };
  const sums = first.map((_, place) => points.reduce((sum, series) => sum + series[place]!.row.calls, 0));
  const busiest = sums.indexOf(Math.max(...sums));
  return {
    // Values that a call has several of do not come to all calls, so they are not put on top of each other.
    option: told.by && !isSingle(told.by) ? lines(drawn) : bars(drawn, palette),
    table: told.total.calls ? tableOf(words.head, all) : { head: [], rows: [] },
    label: words.label(plural(told.total.calls, "call", "calls"), `${all.names[busiest] ?? ""} (${number(sums[busiest])})`),
    isMore,
  };
}
