import { Select, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { weekdayName } from "../../analytics/intervals.js";
import { address, type Answer, get } from "../../api/client.js";
import { DASH, number } from "../../format.js";
import { Download, Empty, Panel, Shown, useQueryChoice } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { type Cell, figureOf, hoursShown, outstanding, shades, SHADES } from "./heat.js";
import classes from "./HeatMap.module.css";

const OF = ["calls", "joins", "poor", "failed", "score"] as const;
type Of = (typeof OF)[number];

/** When in the week there is most of it: a table of weekdays and hours, each cell with its number and a shade. */
export function HeatMap({ query }: { query: Record<string, string> }) {
  const [of, setOf] = useQueryChoice("of", OF);
  const words = strings.activity.heat;
  const asked = { ...query, of };
  const heat = useQuery({ queryKey: ["analytics", "heatmap", asked], queryFn: ({ signal }) => get("/v1/analytics/heatmap", { query: asked, signal }) });
  const note = heat.data && (of === "score" ? words.scoreNote : words.note)(heat.data.time_zone);
  return (
    <Panel
      title={words.title}
      {...(note ? { note } : {})}
      actions={
        <>
          <Select
            size="xs"
            w={130}
            aria-label={words.of}
            data={OF.map((value) => ({ value, label: words.ofs[value] }))}
            value={of}
            onChange={(to) => setOf(to ?? "calls")}
            allowDeselect={false}
          />
          <Download href={address("/v1/analytics/heatmap", { query: asked })} what={words.label(words.ofs[of])} />
        </>
      }
    >
      <Shown query={heat}>{(told) => <Week told={told} />}</Shown>
    </Panel>
  );
}

function Week({ told: { of, cells } }: { told: Answer<"/v1/analytics/heatmap"> }) {
  const words = strings.activity.heat;
  const isScore = of === "score";
  const shadeOf = useMemo(() => shades(cells, isScore), [cells, isScore]);
  const hours = useMemo(() => hoursShown(cells), [cells]);
  const [at, setAt] = useState<Cell | null>(null);
  const top = outstanding(cells, isScore);
  if (!top) return <Empty title={words.none} />;
  const cellOf = (weekday: number, hour: number) => cells[(weekday - 1) * 24 + hour]!;
  const standing = isScore ? words.lowest(span(top), number(top.value, 1)) : words.busiest(words.ofs[of], span(top), sayCell(top, of));
  return (
    <div className={classes.week} data-kind={isScore ? "score" : of === "poor" || of === "failed" ? "bad" : "count"}>
      <Grid hours={hours} cellOf={cellOf} shadeOf={shadeOf} of={of} onAt={setAt} />
      <div className={classes.foot}>
        <p aria-live="polite" data-testid="heat-cell">
          {at ? `${span(at)}: ${sayCell(at, of)}` : standing}
        </p>
        <Legend isScore={isScore} />
      </div>
      <p className={classes.hint}>{words.hint}</p>
    </div>
  );
}

interface GridProps {
  hours: readonly number[];
  cellOf: (weekday: number, hour: number) => Cell;
  shadeOf: (cell: Cell) => number;
  of: Of;
  onAt: (cell: Cell | null) => void;
}

const STEPS: Record<string, [days: number, hours: number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** One cell takes the focus; arrow keys go from it to its neighbours. */
function Grid({ hours, cellOf, shadeOf, of, onAt }: GridProps) {
  const words = strings.activity.heat;
  const place = useRef<HTMLTableElement>(null);
  const [here, setHere] = useState({ weekday: 1, hour: hours[0]! });
  const focused = hours.includes(here.hour) ? here : { ...here, hour: hours[0]! };
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const weekday = Math.min(7, Math.max(1, focused.weekday + step[0]));
    const hour = Math.min(hours.at(-1)!, Math.max(hours[0]!, focused.hour + step[1]));
    setHere({ weekday, hour });
    place.current?.querySelector<HTMLElement>(`[data-cell="${weekday}-${hour}"]`)?.focus();
  };
  return (
    <div className={classes.frame}>
      <table ref={place} role="grid" className={classes.grid} aria-label={words.label(words.ofs[of])} onKeyDown={move} onMouseLeave={() => onAt(null)} onBlur={() => onAt(null)}>
        <thead>
          <tr>
            <th scope="col">
              <VisuallyHidden>{words.day}</VisuallyHidden>
            </th>
            {hours.map((hour) => (
              <th key={hour} scope="col" aria-label={words.hour(hour)}>
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[1, 2, 3, 4, 5, 6, 7].map((weekday) => (
            <tr key={weekday}>
              <th scope="row" aria-label={weekdayName(weekday)}>
                {weekdayName(weekday, "short")}
              </th>
              {hours.map((hour) => {
                const cell = cellOf(weekday, hour);
                const isHere = focused.weekday === weekday && focused.hour === hour;
                return (
                  <td
                    key={hour}
                    role="gridcell"
                    data-cell={`${weekday}-${hour}`}
                    data-shade={shadeOf(cell)}
                    tabIndex={isHere ? 0 : -1}
                    title={`${span(cell)}: ${sayCell(cell, of)}`}
                    onMouseEnter={() => onAt(cell)}
                    onFocus={() => {
                      setHere({ weekday, hour });
                      onAt(cell);
                    }}
                  >
                    {short(cell, of)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Legend({ isScore }: { isScore: boolean }) {
  const words = strings.activity.heat;
  return (
    <span className={classes.legend} aria-hidden>
      {isScore ? words.low : words.few}
      {Array.from({ length: SHADES }, (_, place) => (
        <i key={place} data-shade={place + 1} />
      ))}
      {isScore ? words.high : words.much}
    </span>
  );
}

function span(cell: Cell): string {
  return strings.activity.heat.span(weekdayName(cell.weekday), cell.hour);
}

function sayCell(cell: Cell, of: Of): string {
  const words = strings.activity.heat;
  if (cell.days === 0) return words.never;
  if (of === "score") return cell.value === null ? words.noScore : words.scoreCell(cell.value);
  return words.cell(words.ofs[of], cell.value ?? 0, cell.per_week, cell.days, weekdayName(cell.weekday));
}

/** What fits into a cell: nothing happened is a blank, not known a dash. */
function short(cell: Cell, of: Of): string {
  const figure = figureOf(cell, of === "score");
  if (figure === null) return cell.days === 0 || of !== "score" ? DASH : "";
  if (figure === 0 && of !== "score") return "";
  return number(figure, of === "score" || figure >= 10 ? 0 : 1);
}
