import { Select } from "@mantine/core";
import { clock, number } from "../../format.js";
import { type Column, DataTable, Empty, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./call.module.css";
import { type Call, type Entry, type Group, groupOf, GROUPS, sinceStart } from "./layout.js";
import { detailOf, eventName } from "./words.js";

/** Entries of the timeline that a report shows at most. */
const MOST_TOLD = 1000;

interface Told extends Entry {
  key: string;
}

export function Events({ call, timeline, group, setGroup }: { call: Call; timeline: readonly Entry[]; group: Group | null; setGroup: (group: Group | null) => void }) {
  const { eventList } = strings.call;
  const rows: Told[] = timeline.map((entry, place) => ({ ...entry, key: String(place) })).filter((entry) => !group || groupOf(entry.type) === group);
  const counts = new Map<Group, number>();
  for (const entry of timeline) counts.set(groupOf(entry.type), (counts.get(groupOf(entry.type)) ?? 0) + 1);
  const { columns: heads } = eventList;
  const columns: Column<Told>[] = [
    { key: "at", head: heads.at, cell: (one) => <When at={one.at} form="seconds" /> },
    { key: "since", head: heads.since, align: "end", cell: (one) => `${sinceStart(one.at, call) < 0 ? "−" : "+"}${clock(Math.abs(sinceStart(one.at, call)))}` },
    {
      key: "what",
      head: heads.what,
      cell: (one) => (
        <>
          {eventName(one.type)}
          {one.count > 1 && <span className={classes.soft}> ({eventList.times(one.count)})</span>}
          {one.is_guess && <span className={classes.soft}> ({eventList.guess})</span>}
        </>
      ),
    },
    { key: "who", head: heads.who, cell: (one) => one.participant?.display_name ?? "" },
    { key: "detail", head: heads.detail, wraps: true, cell: (one) => <span className={classes.detail}>{detailOf(one)}</span> },
    { key: "source", head: heads.source, cell: (one) => one.sources.map((source) => eventList.sources[source] ?? source).join(", ") },
  ];
  return (
    <>
      <div className={classes.toolbar}>
        <Select
          size="xs"
          w={230}
          aria-label={eventList.filter}
          data={[{ value: "", label: `${eventList.all} (${number(timeline.length)})` }, ...GROUPS.filter((one) => counts.has(one)).map((one) => ({ value: one, label: `${eventList.groups[one]} (${number(counts.get(one))})` }))]}
          value={group ?? ""}
          onChange={(value) => setGroup((value || null))}
          allowDeselect={false}
        />
        {timeline.length >= MOST_TOLD && <span className={classes.soft}>{eventList.cut}</span>}
      </div>
      <DataTable label={strings.call.tabs.events} columns={columns} rows={rows} rowKey={(one) => one.key} maxHeight="34rem" empty={<Empty title={eventList.none} />} />
    </>
  );
}
