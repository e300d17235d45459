import { Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { columns as drawColumns, lines, MOST_DRAWN, tableOf } from "../../analytics/charts.js";
import { DivisionPicker, FilterPicker, IntervalPicker } from "../../analytics/Controls.js";
import { DIMENSIONS, useDivision, valueName } from "../../analytics/dimensions.js";
import { named, useInterval, weekdayName } from "../../analytics/intervals.js";
import { address, type Answer, get } from "../../api/client.js";
import { bitrate, milliseconds, number, percent, share } from "../../format.js";
import { Chart, type Column, DataTable, Download, Figure, Figures, Page, Panel, PersonName, RangePicker, Shown, useQueryChoice, useRange } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { type MeasureName, measureOf, MEASURES, type QualityFigures, worstOf } from "./measures.js";
import { Why } from "./Why.js";

type Told = Answer<"/v1/analytics/quality">;
type Row = Told["items"][number];

const BY_CLOCK = ["hour_of_day", "weekday"] as const;

/** Scores and measures with their percentiles: over time, by hour of the day, by what calls were made with. */
export default function Quality() {
  const range = useRange();
  const division = useDivision();
  const [interval, setInterval, intervals] = useInterval(range.query);
  const words = strings.quality;
  const by = [...BY_CLOCK, ...DIMENSIONS].find((one) => one === division.by) ?? null;
  const asked = { ...range.query, ...division.only, ...(by ? { by } : { interval }) };
  const quality = useInfiniteQuery({
    queryKey: ["analytics", "quality", asked],
    queryFn: ({ pageParam, signal }) => get("/v1/analytics/quality", { query: { ...asked, cursor: pageParam, limit: 50 }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
  const before = [{ value: "", label: words.by.time }, ...BY_CLOCK.map((value) => ({ value, label: words.by[value] }))];
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <RangePicker />
          <DivisionPicker division={division} before={before} />
          {!by && <IntervalPicker value={interval} choices={intervals} onChange={setInterval} />}
          <FilterPicker division={division} range={range.query} />
        </>
      }
    >
      <Shown query={quality}>
        {({ pages }) => {
          const [first] = pages;
          if (!first) return null;
          const rows = namedRows(first, pages.flatMap((page) => page.items));
          return (
            <>
              <Totals total={first.total} />
              <Course told={first} rows={rows} />
              <Panel title={words.table.title} note={`${strings.analytics.zone(first.time_zone)} ${words.table.note}`} actions={<Download href={address("/v1/analytics/quality", { query: asked })} what={words.title} />}>
                <DataTable
                  label={words.table.title}
                  columns={columns(first.by)}
                  rows={rows}
                  rowKey={(row) => row.name}
                  maxHeight="28rem"
                  onMore={quality.hasNextPage ? () => quality.fetchNextPage() : undefined}
                  isLoadingMore={quality.isFetchingNextPage}
                />
              </Panel>
            </>
          );
        }}
      </Shown>
      <Why />
    </Page>
  );
}

/** A row with what it is called. */
interface NamedRow {
  name: string;
  row: Row;
}

function namedRows(told: Told, items: readonly Row[]): NamedRow[] {
  if (told.by === null) return named(items, told.interval ?? "day", told.time_zone);
  return items.map((row) => ({ name: nameOf(told.by!, row), row }));
}

function nameOf(by: NonNullable<Told["by"]>, row: Row): string {
  if (by === "hour_of_day") return strings.quality.hour(Number(row.value));
  if (by === "weekday") return weekdayName(Number(row.value));
  return valueName(by, row.value, row.name);
}

function byName(by: Told["by"]): string {
  if (by === null) return strings.quality.by.time;
  return by === "hour_of_day" || by === "weekday" ? strings.quality.by[by] : strings.analytics.dimensions[by];
}

// ── All together ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function Totals({ total }: { total: QualityFigures }) {
  const words = strings.quality.totals;
  const { score, rtt_ms: rtt, jitter_ms: jitter, packet_loss_pct: loss, bitrate_kbps: rate } = total;
  const spread = (known: { p95: number } | null, say: (value: number) => string) => (known ? words.spread(say(known.p95)) : words.notKnown);
  return (
    <Figures>
      <Figure label={words.score} value={number(score?.mean, 1)} note={score ? words.scoreNote(number(score.p50, 1), number(score.p5, 1)) : words.noScore} />
      <Figure label={words.poor} value={share(total.poor_share)} note={total.poor_share === null ? words.noScore : words.poorNote} />
      <Figure label={words.issues} value={number(total.issues)} note={words.issuesNote(number(total.issues_per_hour, 2))} />
      <Figure label={strings.quality.measures.rtt} value={milliseconds(rtt?.mean)} note={spread(rtt, milliseconds)} />
      <Figure label={strings.quality.measures.jitter} value={jitter ? `${number(jitter.mean, 1)} ms` : milliseconds(null)} note={spread(jitter, milliseconds)} />
      <Figure label={strings.quality.measures.loss} value={percent(loss?.mean, 2)} note={spread(loss, (value) => percent(value, 1))} />
      <Figure label={strings.quality.measures.bitrate} value={bitrate(rate?.mean)} note={rate ? words.least(bitrate(rate.p50)) : words.notKnown} />
      <Figure label={words.minutes} value={number(total.minutes)} note={total.minutes ? words.minutesNote(share(total.scored / total.minutes, 0)) : words.notKnown} />
    </Figures>
  );
}

// ── One measure ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function Course({ told, rows }: { told: Told; rows: readonly NamedRow[] }) {
  const [name, setName] = useQueryChoice<MeasureName>("measure", MEASURES);
  const words = strings.quality;
  const title = words.chart(words.measures[name], byName(told.by));
  const isOfValues = told.by !== null && told.by !== "hour_of_day" && told.by !== "weekday";
  const { option, table, label } = useMemo(() => {
    const measure = measureOf(name);
    const shown = isOfValues ? rows.slice(0, MOST_DRAWN * 2) : rows;
    const drawing = (some: readonly NamedRow[]) => ({
      names: some.map((one) => one.name),
      series: measure.series(some.map((one) => one.row)),
      say: (value: number | null) => (value === null ? words.notKnown : measure.say(value)),
      ...(name === "score" ? { min: lowest(some) } : { min: 0 }),
      ...(measure.max === undefined ? {} : { max: measure.max }),
    });
    const worst = worstOf(rows.map((one) => ({ ...one.row, shownAs: one.name })), measure);
    return {
      option: told.by === null ? lines(drawing(shown)) : drawColumns(drawing(shown)),
      table: rows.some((one) => measure.figure(one.row) !== null) ? tableOf(byName(told.by), drawing(rows)) : { head: [], rows: [] },
      label: worst ? words.worst(worst.row.shownAs, measure.say(worst.figure)).trim() : "",
    };
  }, [name, rows, told.by, isOfValues, words]);
  const notes = [label, isOfValues && rows.length > MOST_DRAWN * 2 ? strings.analytics.drawn(MOST_DRAWN * 2, rows.length) : ""].filter(Boolean).join(" ");
  return (
    <Panel
      title={title}
      {...(notes ? { note: notes } : {})}
      actions={
        <Select
          size="xs"
          w={170}
          aria-label={words.measure}
          data={MEASURES.map((value) => ({ value, label: words.measures[value] }))}
          value={name}
          onChange={(to) => setName(to ?? "score")}
          allowDeselect={false}
        />
      }
    >
      <Chart label={words.label(title, told.total.minutes, label && ` ${label}`)} option={option} table={table} height={280} />
    </Panel>
  );
}

/** Scores lie near each other: the axis begins at the ten below the lowest, and never above 60, where poor begins. */
function lowest(rows: readonly NamedRow[]): number {
  const least = Math.min(100, ...rows.map(({ row }) => row.score?.p5 ?? 100));
  return Math.min(60, Math.floor(least / 10) * 10);
}

// ── The table ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function columns(by: Told["by"]): readonly Column<NamedRow>[] {
  const words = strings.quality.table;
  const column = (key: string, head: string, cell: (row: Row) => string): Column<NamedRow> => ({ key, head, align: "end", cell: ({ row }) => cell(row) });
  const jitter = (value: number | undefined) => (value === undefined ? milliseconds(null) : `${number(value, 1)} ms`);
  return [
    {
      key: "name",
      head: by === null ? words.point : byName(by),
      cell: ({ name, row }) => (by === "provider" && /^(user|guest):/.test(row.value ?? "") ? <PersonName name={row.name} identity={row.value} /> : name),
    },
    column("minutes", words.minutes, (row) => number(row.minutes)),
    column("score", words.score, (row) => number(row.score?.mean, 1)),
    column("p5", words.p5, (row) => number(row.score?.p5, 1)),
    column("poor", words.poor, (row) => share(row.poor_share)),
    column("issues", words.issues, (row) => number(row.issues_per_hour, 2)),
    column("rtt", words.rtt, (row) => milliseconds(row.rtt_ms?.mean)),
    column("rtt95", words.rtt95, (row) => milliseconds(row.rtt_ms?.p95)),
    column("jitter", words.jitter, (row) => jitter(row.jitter_ms?.mean)),
    column("jitter95", words.jitter95, (row) => jitter(row.jitter_ms?.p95)),
    column("loss", words.loss, (row) => percent(row.packet_loss_pct?.mean, 2)),
    column("loss95", words.loss95, (row) => percent(row.packet_loss_pct?.p95, 2)),
    column("bitrate", words.bitrate, (row) => bitrate(row.bitrate_kbps?.mean)),
  ];
}
