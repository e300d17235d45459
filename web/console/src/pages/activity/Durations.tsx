import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { lines, tableOf } from "../../analytics/charts.js";
import { type Interval, named } from "../../analytics/intervals.js";
import { address, type Answer, get } from "../../api/client.js";
import { duration, minutes } from "../../format.js";
import { Chart, Download, Panel, Shown } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Activity.module.css";

type Told = Answer<"/v1/analytics/durations">;

/** How long calls are, over time. */
export function Durations({ query, interval }: { query: Record<string, string>; interval: Interval }) {
  const words = strings.activity.durations;
  const asked = { ...query, interval };
  const durations = useQuery({
    queryKey: ["analytics", "durations", asked],
    queryFn: ({ signal }) => get("/v1/analytics/durations", { query: asked, signal }),
    placeholderData: (before) => before,
  });
  return (
    <Panel title={words.title} note={strings.activity.totals.meanNote} actions={<Download href={address("/v1/analytics/durations", { query: asked })} what={words.title} />}>
      <Shown query={durations}>{(told) => <Drawn told={told} />}</Shown>
    </Panel>
  );
}

/** The axis of a chart has round minutes. */
function inMinutes(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds / 60;
}

function Drawn({ told }: { told: Told }) {
  const words = strings.activity.durations;
  const drawn = useMemo(() => {
    const points = named(told.items, told.interval ?? "day", told.time_zone);
    return {
      names: points.map((point) => point.name),
      say: (value: number | null) => (value === null ? strings.activity.joins.notKnown : duration(value * 60)),
      sayShort: (value: number) => minutes(value),
      series: [
        { name: words.p50, values: points.map(({ row }) => inMinutes(row.elapsed_seconds?.p50)) },
        { name: words.mean, values: points.map(({ row }) => inMinutes(row.elapsed_seconds?.mean)), dash: "dotted" as const },
        { name: words.p95, values: points.map(({ row }) => inMinutes(row.elapsed_seconds?.p95)), dash: "dashed" as const },
      ],
    };
  }, [told, words]);
  const option = useMemo(() => lines({ ...drawn, min: 0 }), [drawn]);
  const { elapsed_seconds: all, attended_minutes, overlap_minutes } = told.total;
  const label = words.label(duration(all?.mean), duration(all?.p50), duration(all?.p95));
  return (
    <>
      <Chart label={label} option={option} table={all ? tableOf(strings.activity.volume.head, drawn) : { head: [], rows: [] }} height={240} />
      {all && (
        <p className={classes.sentence}>
          {label} {words.attended(duration(attended_minutes * 60), duration(overlap_minutes * 60))}
        </p>
      )}
    </>
  );
}
