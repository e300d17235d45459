/** What of ECharts is used, in a chunk of its own. A kind of chart that is new here gets its line here. */
import { BarChart, CustomChart, HeatmapChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  DatasetComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { type EChartsType, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { EChartsOption } from "echarts/types/dist/shared";
import { SERIES } from "../theme.js";

export type ChartOption = EChartsOption;
export type ChartEvents = Record<string, (event: { name: string; dataIndex: number; seriesName?: string; value: unknown }) => void>;

register([BarChart, CustomChart, HeatmapChart, LineChart, PieChart, ScatterChart]);
register([AriaComponent, DatasetComponent, DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent]);
register([CanvasRenderer]);

/** Tooltips are drawn on the canvas: made of HTML they would bring styles along that our content security policy refuses. */
export function begin(element: HTMLElement, scheme: "light" | "dark"): EChartsType {
  return init(element, look(scheme), { renderer: "canvas" });
}

function look(scheme: "light" | "dark"): object {
  const [ink, soft, line, raised] = scheme === "light" ? ["#17212b", "#4d5b69", "#dbe1e7", "#ffffff"] : ["#e9eef3", "#a3b1be", "#2e3a46", "#222d38"];
  const axis = {
    axisLine: { lineStyle: { color: line } },
    axisTick: { lineStyle: { color: line } },
    axisLabel: { color: soft, fontSize: 12 },
    splitLine: { lineStyle: { color: line } },
    nameTextStyle: { color: soft },
  };
  return {
    animationDuration: 300,
    animationDurationUpdate: 300,
    color: SERIES[scheme],
    backgroundColor: "transparent",
    textStyle: { fontFamily: "system-ui, -apple-system, Segoe UI, Roboto, sans-serif" },
    grid: { left: 8, right: 16, top: 32, bottom: 8, outerBoundsMode: "same" },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: axis,
    timeAxis: { ...axis, splitLine: { show: false } },
    logAxis: axis,
    legend: { textStyle: { color: soft }, top: 0, left: 0, itemWidth: 14, itemHeight: 8, inactiveColor: line },
    tooltip: { renderMode: "richText", backgroundColor: raised, borderColor: line, textStyle: { color: ink, fontSize: 13 }, axisPointer: { lineStyle: { color: soft } } },
    visualMap: { textStyle: { color: soft } },
    line: { symbol: "circle", symbolSize: 5, lineStyle: { width: 2 } },
  };
}
