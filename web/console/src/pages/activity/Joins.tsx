import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { lines, tableOf } from "../../analytics/charts.js";
import { type Interval, named } from "../../analytics/intervals.js";
import { address, type Answer, get } from "../../api/client.js";
import { milliseconds, number, plural, share } from "../../format.js";
import { Chart, Download, Panel, Shown } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Activity.module.css";

type Told = Answer<"/v1/analytics/joins">;

/** How connections came about, whether they held, and how long it took. */
export function Joins({ query, interval }: { query: Record<string, string>; interval: Interval }) {
  const words = strings.activity.joins;
  const asked = { ...query, interval };
  const joins = useQuery({ queryKey: ["analytics", "joins", asked], queryFn: ({ signal }) => get("/v1/analytics/joins", { query: asked, signal }), placeholderData: (before) => before });
  return (
    <Panel title={words.title} note={words.note} actions={<Download href={address("/v1/analytics/joins", { query: asked })} what={words.title} />}>
      <Shown query={joins}>{(told) => <Drawn told={told} />}</Shown>
    </Panel>
  );
}

function Drawn({ told }: { told: Told }) {
  const words = strings.activity.joins;
  const { rates, setup } = useMemo(() => {
    const points = named(told.items, told.interval ?? "day", told.time_zone);
    const names = points.map((point) => point.name);
    return {
      rates: {
        names,
        say: (value: number | null) => (value === null ? words.notKnown : share(value)),
        min: 0,
        max: 1,
        series: [
          { name: words.success, values: points.map(({ row }) => row.success_rate) },
          { name: words.drops, values: points.map(({ row }) => row.drop_rate), dash: "dashed" as const },
        ],
      },
      setup: {
        names,
        say: (value: number | null) => (value === null ? words.notKnown : milliseconds(value)),
        series: [
          { name: strings.activity.durations.p50, values: points.map(({ row }) => row.setup_ms?.p50 ?? null) },
          { name: strings.activity.durations.p95, values: points.map(({ row }) => row.setup_ms?.p95 ?? null), dash: "dashed" as const },
        ],
      },
    };
  }, [told, words]);
  const options = useMemo(() => ({ rates: lines({ ...rates, sayShort: (value) => share(value, 0) }), setup: lines(setup) }), [rates, setup]);
  const head = strings.activity.volume.head;
  const { total } = told;
  const nothing = { head: [], rows: [] };
  return (
    <div className={classes.halves}>
      <div>
        <h3 className={classes.small}>{words.rates}</h3>
        <Chart
          label={words.label(share(total.success_rate), share(total.drop_rate), plural(total.joins, "join", "joins"))}
          option={options.rates}
          table={total.joins ? tableOf(head, rates) : nothing}
          height={220}
        />
        <p className={classes.sentence}>{words.label(share(total.success_rate), share(total.drop_rate), `${number(total.joins)} joins`)}</p>
      </div>
      <div>
        <h3 className={classes.small}>{words.setupTitle}</h3>
        <Chart
          label={words.setupLabel(milliseconds(total.setup_ms?.p50), milliseconds(total.setup_ms?.p95))}
          option={options.setup}
          table={total.setup_ms ? tableOf(head, setup) : nothing}
          height={220}
        />
        {total.setup_ms && <p className={classes.sentence}>{words.setupLabel(milliseconds(total.setup_ms.p50), milliseconds(total.setup_ms.p95))}</p>}
      </div>
    </div>
  );
}
