import { useQuery } from "@tanstack/react-query";
import { DivisionPicker, FilterPicker, IntervalPicker } from "../../analytics/Controls.js";
import { type Dimension, useDivision } from "../../analytics/dimensions.js";
import { useInterval } from "../../analytics/intervals.js";
import { get } from "../../api/client.js";
import { duration, number, share } from "../../format.js";
import { Figure, Figures, Page, RangePicker, Shown, useRange } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { Durations } from "./Durations.js";
import { HeatMap } from "./HeatMap.js";
import { Joins } from "./Joins.js";
import { Values } from "./Values.js";
import { Volume } from "./Volume.js";

/** How many calls there were, when, how they came about and how long they were. */
export default function Activity() {
  const range = useRange();
  const division = useDivision();
  const [interval, setInterval, intervals] = useInterval(range.query);
  const words = strings.activity;
  const by = (division.by || null) as Dimension | null;
  const narrowed = { ...range.query, ...division.only };
  // Rooms are counted by the day.
  const byDay = (by ?? division.filter?.dimension) === "room" && interval === "hour" ? "day" : interval;
  const volume = useQuery({
    queryKey: ["analytics", "volume", narrowed, byDay, by],
    queryFn: ({ signal }) => get("/v1/analytics/volume", { query: { ...narrowed, interval: byDay, by }, signal }),
    placeholderData: (before) => before,
  });
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <RangePicker />
          <IntervalPicker value={byDay} choices={intervals} onChange={setInterval} />
          <DivisionPicker division={division} />
          <FilterPicker division={division} range={range.query} />
        </>
      }
    >
      <Shown query={volume}>
        {(told) => (
          <>
            <Totals total={told.total} />
            <Volume told={told} query={{ ...narrowed, interval: byDay, ...(by ? { by } : {}) }} />
          </>
        )}
      </Shown>
      {by && <Values by={by} query={narrowed} />}
      {division.filter?.dimension !== "room" && <HeatMap query={narrowed} />}
      <Joins query={narrowed} interval={byDay} />
      <Durations query={narrowed} interval={byDay} />
    </Page>
  );
}

interface Total {
  calls: number;
  started: number;
  unanswered: number;
  failed: number;
  participants: number;
  mean_duration_seconds: number | null;
}

function Totals({ total }: { total: Total }) {
  const words = strings.activity.totals;
  const part = (count: number) => (total.calls ? words.ofAll(share(count / total.calls)) : undefined);
  return (
    <Figures>
      <Figure label={words.calls} value={number(total.calls)} />
      <Figure label={words.started} value={number(total.started)} note={words.startedNote} />
      <Figure label={words.unanswered} value={number(total.unanswered)} note={part(total.unanswered)} />
      <Figure label={words.failed} value={number(total.failed)} note={part(total.failed)} />
      <Figure label={words.participants} value={number(total.participants)} note={words.participantsNote} />
      <Figure label={words.mean} value={duration(total.mean_duration_seconds)} note={words.meanNote} />
    </Figures>
  );
}
