import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "wouter";
import { bars, lines, type Series, tableOf, usePalette } from "../../analytics/charts.js";
import { IntervalPicker } from "../../analytics/Controls.js";
import { daysOf, type Interval, intervalsOf, type Named, named } from "../../analytics/intervals.js";
import { address, get } from "../../api/client.js";
import { duration, minutes, number, share } from "../../format.js";
import { Chart, Empty, Figure, Figures, Page, Panel, RangePicker, Shown, useQueryState, useRange } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import type { Provider } from "../providers/index.js";
import { identityOf } from "../person/identity.js";
import classes from "../person/Person.module.css";

const words = strings.provider;

/** One provider: their figures, and how these went over time. */
export default function ProviderPage() {
  const identity = identityOf(location.pathname);
  const { query: range } = useRange("90d");
  const [held, setHeld] = useQueryState("interval");
  const choices = intervalsOf(daysOf(range));
  // One provider's days have a handful of calls each: weeks say more.
  const usual = choices.find((one) => one === "week") ?? choices[0]!;
  const interval = choices.find((one) => one === held) ?? usual;
  const row = useQuery({
    queryKey: ["analytics", "provider", identity, range],
    queryFn: ({ signal }) => get("/v1/analytics/providers", { query: { ...range, provider: identity }, signal }),
    placeholderData: keepPreviousData,
  });
  const one = row.data?.items.at(0);
  return (
    <Page
      title={one?.name ?? identity.replace(/^(user|guest):/, "")}
      lead={identity}
      actions={
        <>
          <RangePicker standard="90d" />
          <Button component={Link} href="/providers" variant="default" size="xs">
            {words.back}
          </Button>
        </>
      }
    >
      <nav className={classes.links} aria-label={one?.name ?? identity}>
        <Link href={`/people/${encodeURIComponent(identity)}`}>{words.person}</Link>
        <Link href={address("/appointments", { query: { provider: identity } })}>{words.calendar}</Link>
        <Link href={address("/appointments", { query: { provider: identity, view: "missed" } })}>{words.missed}</Link>
        <Link href={address("/calls", { query: { provider: identity } })}>{words.calls}</Link>
      </nav>
      <Shown query={row}>{({ items, smallest_group }) => (items[0] ? <Summary one={items[0]} smallest={smallest_group} /> : <Empty title={words.nothing} />)}</Shown>
      {one && !one.suppressed && (
        <>
          <div>
            <IntervalPicker value={interval} choices={choices} onChange={(to) => setHeld(to === usual ? null : to)} />
          </div>
          <div className={classes.pair}>
            <OverTime {...{ identity, range, interval }} />
          </div>
        </>
      )}
    </Page>
  );
}

const hours = (value: number | null) => duration(value === null ? null : value * 60);

function Summary({ one, smallest }: { one: Provider; smallest: number }) {
  const { figures } = words;
  if (one.suppressed) {
    return (
      <>
        <Figures>
          <Figure label={figures.sessions} value={number(one.sessions)} note={figures.calls(one.calls)} />
        </Figures>
        <Empty title={words.few(smallest)} />
      </>
    );
  }
  return (
    <Figures>
      <Figure label={figures.sessions} value={number(one.sessions)} note={figures.calls(one.calls)} />
      <Figure label={figures.attended} value={hours(one.attended_minutes)} note={figures.average(minutes(one.average_minutes))} />
      <Figure label={figures.overlap} value={hours(one.overlap_minutes)} />
      <Figure label={figures.score} value={number(one.score)} note={figures.scoreNote} />
      <Figure label={figures.rating} value={number(one.rating, 1)} note={figures.ratings(one.ratings ?? 0)} />
      <Figure label={figures.issues} value={share(one.issue_share, 0)} note={figures.issuesNote(one.issues ?? 0)} />
      <Figure label={figures.failed} value={share(one.failed_share)} />
      <Figure label={figures.disconnections} value={number(one.disconnections)} />
      <Figure label={figures.late} value={share(one.late_share, 0)} note={one.mean_late_minutes !== null && figures.lateNote(minutes(one.mean_late_minutes))} />
      <Figure label={figures.booked} value={number(one.booked)} note={figures.bookedNote(one.completed ?? 0, one.cancelled ?? 0)} />
      <Figure label={figures.missed} value={number(one.no_shows)} note={figures.missedNote(one.client_no_shows ?? 0)} />
      <Figure label={figures.speaking} value={share(one.speaking_share, 0)} note={figures.speakingNote} />
      <Figure label={figures.chat} value={number(one.messages)} note={figures.chatNote(one.reactions ?? 0)} />
    </Figures>
  );
}

interface Asked {
  identity: string;
  range: { from: string; to: string };
  interval: Interval;
}

function OverTime({ identity, range, interval }: Asked) {
  const query = { ...range, interval, provider: identity };
  const asked = { staleTime: 60_000, placeholderData: keepPreviousData };
  const volume = useQuery({ queryKey: ["analytics", "volume", query], queryFn: ({ signal }) => get("/v1/analytics/volume", { query, signal }), ...asked });
  const durations = useQuery({ queryKey: ["analytics", "durations", query], queryFn: ({ signal }) => get("/v1/analytics/durations", { query, signal }), ...asked });
  const quality = useQuery({ queryKey: ["analytics", "quality", query], queryFn: ({ signal }) => get("/v1/analytics/quality", { query, signal }), ...asked });
  const joins = useQuery({ queryKey: ["analytics", "joins", query], queryFn: ({ signal }) => get("/v1/analytics/joins", { query, signal }), ...asked });
  const { charts } = words;
  return (
    <>
      <Panel title={charts.calls}>
        <Shown query={volume}>
          {(told) => (
            <Drawn
              label={charts.callsLabel}
              kind="bars"
              points={named(told.series[0]?.points ?? [], interval, told.time_zone)}
              series={[
                { name: charts.ended, value: (row) => row.ended, means: "usual" },
                { name: charts.failed, value: (row) => row.failed, means: "bad" },
                { name: charts.unanswered, value: (row) => row.unanswered, means: "idle" },
              ]}
              say={(value) => number(value)}
            />
          )}
        </Shown>
      </Panel>
      <Panel title={charts.duration}>
        <Shown query={durations}>
          {(told) => (
            <Drawn
              label={charts.durationLabel}
              kind="lines"
              points={named(told.items, interval, told.time_zone)}
              series={[
                { name: charts.mean, value: (row) => row.elapsed_seconds?.mean ?? null },
                { name: charts.p95, value: (row) => row.elapsed_seconds?.p95 ?? null, dash: "dashed" },
              ]}
              say={duration}
              sayShort={(value) => minutes(value / 60)}
            />
          )}
        </Shown>
      </Panel>
      <Panel title={charts.quality}>
        <Shown query={quality}>
          {(told) => (
            <Drawn
              label={charts.qualityLabel}
              kind="lines"
              points={named(told.items, interval, told.time_zone)}
              series={[{ name: charts.score, value: (row) => row.score?.mean ?? null }]}
              say={(value) => number(value)}
              max={100}
            />
          )}
        </Shown>
      </Panel>
      <Panel title={charts.drops}>
        <Shown query={joins}>
          {(told) => (
            <Drawn label={charts.dropsLabel} kind="lines" points={named(told.items, interval, told.time_zone)} series={[{ name: charts.dropRate, value: (row) => row.drop_rate }]} say={(value) => share(value)} />
          )}
        </Shown>
      </Panel>
    </>
  );
}

interface DrawnProps<Row> {
  label: string;
  kind: "bars" | "lines";
  points: readonly Named<Row>[];
  series: readonly (Omit<Series, "values"> & { value: (row: Row) => number | null })[];
  say: (value: number | null) => string;
  sayShort?: (value: number) => string;
  max?: number;
}

function Drawn<Row>({ label, kind, points, series, say, sayShort, max }: DrawnProps<Row>) {
  // Kept by what was answered: another object would draw the chart anew at every look.
  const key = JSON.stringify(points.map(({ row }) => series.map((one) => one.value(row))));
  const drawn = useMemo(
    () => ({
      names: points.map(({ name }) => name),
      partial: points.map(({ isPartial }) => isPartial),
      series: series.map(({ value, ...look }): Series => ({ ...look, values: points.map(({ row }) => value(row)) })),
      say,
      ...(sayShort ? { sayShort } : {}),
      ...(max === undefined ? {} : { min: 0, max }),
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [key],
  );
  const palette = usePalette();
  const option = useMemo(() => (kind === "bars" ? bars(drawn, palette) : lines(drawn)), [kind, drawn, palette]);
  return <Chart label={label} option={option} table={tableOf(words.charts.when, drawn)} height={220} />;
}
