import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { Redirect } from "wouter";
import { get } from "../../api/client.js";
import { DataTable, Empty, Page, RangePicker, Shown, useList, useQueryChoice, useQueryState, useRange } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { ALL_COLUMNS, MISSED_COLUMNS } from "./columns.js";
import { Filters, useWanted, type Wanted } from "./Filters.js";
import { beginOf } from "./week.js";
import { Week } from "./Week.js";

export default function Appointments() {
  const [one] = useQueryState("appointment");
  const [view, setView] = useQueryChoice("view", ["week", "list", "missed"]);
  const wanted = useWanted();
  const words = strings.appointments;
  if (one) return <Redirect to={`/appointments/${encodeURIComponent(one)}`} replace />;
  const views = (["week", "list", "missed"] as const).map((value) => ({ value, label: words.views[value] }));
  return (
    <Page title={words.title} lead={words.lead} actions={<SegmentedControl size="xs" aria-label={words.views.label} data={views} value={view} onChange={setView} />}>
      <Filters wanted={wanted} withStatus={view !== "missed"} />
      {view === "week" && <Week wanted={wanted} />}
      {view === "list" && <List wanted={wanted} />}
      {view === "missed" && <Missed wanted={wanted} />}
    </Page>
  );
}

function List({ wanted }: { wanted: Wanted }) {
  const [when, setWhen] = useQueryChoice("when", ["upcoming", "past"]);
  const [now] = useState(() => new Date().toISOString());
  const words = strings.appointments;
  const part = when === "upcoming" ? ({ from: now, order: "soonest" } as const) : ({ to: now, order: "latest" } as const);
  const list = useList(["appointments", "list", wanted, when, now], (cursor, signal) => get("/v1/appointments", { query: { ...wanted, ...part, cursor }, signal }));
  const ways = (["upcoming", "past"] as const).map((value) => ({ value, label: words.filters[value] }));
  return (
    <>
      <div>
        <SegmentedControl size="xs" aria-label={words.filters.when} data={ways} value={when} onChange={setWhen} />
      </div>
      <Shown query={list}>{(rows) => <DataTable label={words.table} columns={ALL_COLUMNS} rows={rows} rowKey={(one) => one.id} empty={<Empty title={words.empty} />} {...list.more} />}</Shown>
    </>
  );
}

function Missed({ wanted }: { wanted: Wanted }) {
  const { query } = useRange("90d");
  const words = strings.appointments;
  const asked = { ...wanted, status: "no_show", order: "latest", from: beginOf(query.from), to: beginOf(query.to) } as const;
  const list = useList(["appointments", "missed", asked], (cursor, signal) => get("/v1/appointments", { query: { ...asked, cursor }, signal }));
  return (
    <>
      <RangePicker standard="90d" />
      <Shown query={list}>
        {(rows) => <DataTable label={words.missedTable} columns={MISSED_COLUMNS} rows={rows} rowKey={(one) => one.id} empty={<Empty title={words.nobodyMissed} />} {...list.more} />}
      </Shown>
    </>
  );
}
