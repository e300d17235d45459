import { Button, useComputedColorScheme } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import type { EChartsType } from "echarts/core";
import { useEffect, useRef, useState } from "react";
import { strings } from "../strings/index.js";
import classes from "./Chart.module.css";
import type { ChartEvents, ChartOption } from "./echarts.js";

export type { ChartOption } from "./echarts.js";

/** The same figures as a table: for who cannot see a chart, and for who wants to read the numbers. */
export interface ChartTable {
  head: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

interface ChartProps {
  /** What is shown, in a sentence. */
  label: string;
  option: ChartOption;
  table: ChartTable;
  /** In pixels. */
  height?: number;
  on?: ChartEvents;
}

/** A chart on a canvas, in the colours of the scheme, and as a table at the press of a button. ECharts is loaded with the first one that is shown. */
export function Chart({ label, option, table, height = 260, on }: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const { chart } = strings.parts;
  if (table.rows.length === 0) return <p className={classes.nothing}>{chart.nothing}</p>;
  return (
    <figure className={classes.figure} aria-label={label}>
      {asTable ? <Numbers label={label} table={table} height={height} /> : <Canvas label={label} option={option} height={height} on={on} />}
      <figcaption className={classes.caption}>
        <Button variant="subtle" size="compact-xs" onClick={() => setAsTable(!asTable)}>
          {asTable ? chart.asChart : chart.asTable}
        </Button>
      </figcaption>
    </figure>
  );
}

function Canvas({ label, option, height, on }: { label: string; option: ChartOption; height: number; on: ChartEvents | undefined }) {
  const scheme = useComputedColorScheme("light");
  const still = useReducedMotion();
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<EChartsType | null>(null);
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    const element = place.current;
    let isGone = false;
    const sizes = new ResizeObserver(() => drawing.current?.resize());
    void import("./echarts.js").then(({ begin }) => {
      if (isGone || !element) return;
      drawing.current = begin(element, scheme);
      sizes.observe(element);
      setReady(true);
    });
    return () => {
      isGone = true;
      sizes.disconnect();
      drawing.current?.dispose();
      drawing.current = null;
      setReady(false);
    };
  }, [scheme]);
  useEffect(() => {
    if (isReady) drawing.current?.setOption({ animation: !still, ...option }, true);
  }, [option, isReady, still]);
  useEffect(() => {
    const chart = drawing.current;
    if (!isReady || !chart || !on) return;
    for (const [name, hear] of Object.entries(on)) chart.on(name, hear as (event: unknown) => void);
    return () => {
      if (!chart.isDisposed()) for (const name of Object.keys(on)) chart.off(name);
    };
  }, [on, isReady]);
  return <div ref={place} className={classes.canvas} style={{ height }} role="img" aria-label={label} data-ready={isReady} />;
}

function Numbers({ label, table, height }: { label: string; table: ChartTable; height: number }) {
  return (
    <div className={classes.numbers} style={{ maxHeight: Math.max(height, 200) }} role="region" aria-label={strings.parts.table.scroll(label)} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.head.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, place) => (
            <tr key={place}>{row.map((cell, column) => (column === 0 ? <th key={column} scope="row">{cell}</th> : <td key={column}>{cell ?? "–"}</td>))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
