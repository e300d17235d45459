import { Button } from "@mantine/core";
import { type ReactNode, useId, useMemo, useState } from "react";
import { duration, time } from "../../format.js";
import { Chart, Panel } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./call.module.css";
import { chartHeight, measuresOf, qualityOption, qualityTable } from "./charts.js";
import { at, type Axis, axisOf, type Call, type Entry, type Group, groupOf, isMarked, type Issue, lanesOf, placeOf, type Report, type Row, rowsOf, type Segment, type Series, ticksOf } from "./layout.js";
import { useWidth } from "./useWidth.js";
import { deviceOf, eventName, namesOf } from "./words.js";

/** Names stand beside the bars where there is room, and above them where there is none. */
const WIDE = 640;
const GUTTER = { wide: 168, narrow: 44 };
const RIGHT = 14;
const BAR = 16;
const LANE = 9;

export function Course({ call, report, series, now, group }: { call: Call; report: Report; series: Series | undefined; now: number; group: Group | null }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const [asTable, setAsTable] = useState(false);
  const { course } = strings.call;
  const axis = useMemo(() => axisOf(call, report.timeline, now), [call, report.timeline, now]);
  const rows = useMemo(() => rowsOf(call, report.timeline, report.issues, axis), [call, report, axis]);
  const marks = useMemo(() => report.timeline.filter((entry) => isMarked(entry, group)), [report.timeline, group]);
  const names = useMemo(() => namesOf(call), [call]);
  const left = width >= WIDE ? GUTTER.wide : GUTTER.narrow;
  const option = useMemo(() => series && qualityOption(series, names, marks, axis, { left, right: RIGHT }), [series, names, marks, axis, left]);
  return (
    <Panel
      title={course.title}
      note={course.note}
      actions={
        rows.length > 0 && (
          <Button variant="subtle" size="compact-xs" onClick={() => setAsTable(!asTable)}>
            {asTable ? course.asBars : course.asTable}
          </Button>
        )
      }
    >
      <div ref={ref} className={classes.course}>
        {rows.length === 0 && <p className={classes.soft}>{course.nobody}</p>}
        {rows.length > 0 && (asTable ? <Attendance rows={rows} names={names} /> : width > 0 && <Bars rows={rows} marks={marks} names={names} axis={axis} width={width} left={left} />)}
        {rows.length > 0 && !asTable && <Legend />}
        {series && option && series.lines.length > 0 ? (
          <div className={classes.chart}>
            <Chart label={course.qualityLabel} option={option} table={qualityTable(series, names)} height={chartHeight(measuresOf(series))} />
          </div>
        ) : (
          series && <p className={classes.soft}>{course.noSamples}</p>
        )}
      </div>
    </Panel>
  );
}

interface Drawn {
  rows: readonly Row[];
  marks: readonly Entry[];
  names: ReadonlyMap<string, string>;
  axis: Axis;
  width: number;
  left: number;
}

/** Bars on an axis of time, drawn by hand: what they mean is told by their form as well as by their colour. */
function Bars({ rows, marks, names, axis, width, left }: Drawn) {
  const { course } = strings.call;
  const pattern = useId();
  const isWide = left === GUTTER.wide;
  const inner = width - left - RIGHT;
  const x = (when: number) => left + placeOf(when, axis, inner);
  const ticks = ticksOf(axis, inner);
  const form = axis.end - axis.start < 600_000 ? "seconds" : "time";
  let y = 40;
  const drawn: ReactNode[] = [];
  for (const row of rows) {
    const { lanes, count } = lanesOf(row.issues);
    const top = y;
    const name = names.get(row.participantId) ?? "";
    if (!isWide) y += 18;
    const own: ReactNode[] = [];
    for (const bar of row.bars) {
      own.push(...bar.segments.map((segment) => <Piece key={`${bar.connection.id}${segment.start}${segment.kind}`} segment={segment} x={x} y={y} pattern={pattern} name={name} />));
      y += BAR + 3;
    }
    for (const { issue, lane } of lanes) own.push(<Span key={`${issue.code}${issue.connection_id ?? ""}${issue.direction ?? ""}${issue.kind ?? ""}${issue.started_at}`} issue={issue} x={x} y={y + lane * LANE} />);
    y += count * LANE + 9;
    drawn.push(
      <g key={row.participantId}>
        <text x={isWide ? left - 10 : 0} y={top + 12} textAnchor={isWide ? "end" : "start"} className={classes.name}>
          {isWide ? shortened(name, 20) : name}
          <title>{name}</title>
        </text>
        {own}
        <line x1={0} x2={width} y1={y - 4} y2={y - 4} className={classes.rule} />
      </g>,
    );
    y += 2;
  }
  const height = y;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={course.label(time(axis.start, "seconds"), time(axis.end, "seconds"))} className={classes.svg}>
      <defs>
        <pattern id={pattern} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="6" height="6" className={classes.hatchGround} />
          <line x1="0" y1="0" x2="0" y2="6" className={classes.hatch} />
        </pattern>
      </defs>
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={x(tick)} x2={x(tick)} y1={16} y2={height} className={classes.grid} />
          <text x={x(tick)} y={11} textAnchor={x(tick) > width - 34 ? "end" : "middle"} className={classes.tick}>
            {time(tick, form)}
          </text>
        </g>
      ))}
      {isWide && (
        <text x={left - 10} y={32} textAnchor="end" className={classes.tick}>
          {course.events}
        </text>
      )}
      {marks.map((entry, place) => (
        <Mark key={place} entry={entry} x={x(at(entry.at))} />
      ))}
      {drawn}
    </svg>
  );
}

function Piece({ segment, x, y, pattern, name }: { segment: Segment; x: (when: number) => number; y: number; pattern: string; name: string }) {
  const start = x(segment.start);
  const width = Math.max(1.5, x(segment.end) - start);
  const { kind } = segment;
  const [top, height] = kind === "connected" ? [y, BAR] : kind === "joining" ? [y + BAR / 2 - 1.5, 3] : [y + 3, BAR - 6];
  return (
    <rect x={start} y={top} width={width} height={height} rx={kind === "connected" ? 3 : 1} className={classes[kind]} fill={kind === "disconnected" ? `url(#${pattern})` : undefined} data-kind={kind}>
      <title>{`${name}: ${told(strings.call.course.kinds[kind], segment.start, segment.end)}`}</title>
    </rect>
  );
}

function Span({ issue, x, y }: { issue: Issue; x: (when: number) => number; y: number }) {
  const start = x(at(issue.started_at));
  const isCritical = issue.severity === "critical";
  const height = isCritical ? LANE - 2 : 3;
  return (
    <rect
      x={start}
      y={y + (LANE - 2 - height) / 2}
      width={Math.max(3, x(at(issue.ended_at)) - start)}
      height={height}
      rx={1}
      className={isCritical ? classes.critical : classes.warning}
      data-issue={issue.code}
      data-severity={issue.severity}
    >
      <title>{`${strings.call.course.issue[issue.severity]}: ${told(issue.sentence, at(issue.started_at), at(issue.ended_at))}`}</title>
    </rect>
  );
}

function told(what: string, start: number, end: number): string {
  return strings.call.course.span(what, time(start, "seconds"), time(end, "seconds"), duration((end - start) / 1000));
}

const SHAPES: Record<Group, string> = {
  presence: "M0,-4.5L4,3.5L-4,3.5Z",
  call: "M-4,-4H4V4H-4Z",
  media: "M-1.5,-4H1.5V4H-1.5Z",
  quality: "M0,-5L5,0L0,5L-5,0Z",
  talk: "M-1.5,-4H1.5V4H-1.5Z",
  recording: "M0,4.5L4,-3.5L-4,-3.5Z",
  errors: "M-4,-2.4L-2.4,-4L0,-1.6L2.4,-4L4,-2.4L1.6,0L4,2.4L2.4,4L0,1.6L-2.4,4L-4,2.4L-1.6,0Z",
  other: "M-1.5,-4H1.5V4H-1.5Z",
};

function Mark({ entry, x }: { entry: Entry; x: number }) {
  const group = groupOf(entry.type);
  const isBad = group === "errors" || entry.type === "participant.disconnected";
  return (
    <path d={SHAPES[group]} transform={`translate(${x},28)`} className={isBad ? classes.markBad : classes.mark} data-type={entry.type}>
      <title>{`${time(entry.at, "seconds")} ${entry.participant?.display_name ?? ""} ${eventName(entry.type)}`}</title>
    </path>
  );
}

function Legend() {
  const { course } = strings.call;
  const pattern = useId();
  return (
    <ul className={classes.legend}>
      {(["waiting", "joining", "connected", "disconnected"] as const).map((kind) => (
        <li key={kind}>
          <svg width="26" height="14" aria-hidden="true">
            <pattern id={pattern} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="6" height="6" className={classes.hatchGround} />
              <line x1="0" y1="0" x2="0" y2="6" className={classes.hatch} />
            </pattern>
            <rect x="1" y={kind === "connected" ? 1 : kind === "joining" ? 5.5 : 2} width="24" height={kind === "connected" ? 12 : kind === "joining" ? 3 : 10} rx="1" className={classes[kind]} fill={kind === "disconnected" ? `url(#${pattern})` : undefined} />
          </svg>
          {course.kinds[kind]}
        </li>
      ))}
      {(["warning", "critical"] as const).map((severity) => (
        <li key={severity}>
          <svg width="26" height="14" aria-hidden="true">
            <rect x="1" y={severity === "critical" ? 3.5 : 5.5} width="24" height={severity === "critical" ? 7 : 3} rx="1" className={classes[severity]} />
          </svg>
          {course.issue[severity]}
        </li>
      ))}
    </ul>
  );
}

function Attendance({ rows, names }: { rows: readonly Row[]; names: ReadonlyMap<string, string> }) {
  const { table, kinds } = strings.call.course;
  return (
    <div className={classes.scroll} role="region" aria-label={strings.parts.table.scroll(table.label)} tabIndex={0}>
      <table className={classes.plain}>
        <thead>
          <tr>
            {[table.person, table.device, table.what, table.from, table.to, table.length].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.flatMap((row) =>
            row.bars.flatMap((bar) =>
              bar.segments.map((segment) => (
                <tr key={`${bar.connection.id}${segment.start}`}>
                  <th scope="row">{names.get(row.participantId)}</th>
                  <td>{deviceOf(bar.connection)}</td>
                  <td>{kinds[segment.kind]}</td>
                  <td>{time(segment.start, "seconds")}</td>
                  <td>{time(segment.end, "seconds")}</td>
                  <td>{duration((segment.end - segment.start) / 1000)}</td>
                </tr>
              )),
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
