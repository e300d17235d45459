import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useLocation } from "wouter";
import { get } from "../../api/client.js";
import { DataTable, Empty, Page, RangePicker, Shown, useList, useQueryState, useRange } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import type { AuditAction } from "../../strings/en/audit.js";
import { beginOf } from "../appointments/week.js";
import classes from "./Audit.module.css";
import { COLUMNS } from "./columns.js";
import { State } from "./State.js";

const words = strings.audit;

/** What the text filters take; anything else is not asked for. */
const FORMS = {
  call: { is: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, label: words.filters.call, wrong: words.filters.notUuid },
  appointment: { is: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, label: words.filters.appointment, wrong: words.filters.notUuid },
  room: { is: /^room-[0-9a-f]{32}$/, label: words.filters.room, wrong: words.filters.notRoom },
  person: { is: /^(user|guest):.{1,200}$/, label: words.filters.person, wrong: words.filters.notPerson },
} as const;
type Text = keyof typeof FORMS;

const ACTIONS = (Object.keys(words.actions) as (keyof typeof words.actions)[]).map((group) => ({
  group: words.groups[group],
  items: Object.entries(words.actions[group] as Record<string, string>).map(([value, label]) => ({ value, label })),
}));
const KNOWN = new Set(ACTIONS.flatMap(({ items }) => items.map(({ value }) => value)));

/** The trail: what was done, by whom, from where; and whether it is as it was sealed. */
export default function Audit() {
  const { query: range } = useRange("365d");
  const [action] = useQueryState("action");
  const held = { call: useHeld("call"), appointment: useHeld("appointment"), room: useHeld("room"), person: useHeld("person") };
  const wanted = {
    action: KNOWN.has(action) ? (action as AuditAction) : null,
    call_id: held.call,
    appointment_id: held.appointment,
    room: held.room,
    identity: held.person,
    since: beginOf(range.from),
    until: beginOf(range.to),
  };
  const entries = useList(["audit", wanted], (cursor, signal) => get("/v1/audit", { query: { ...wanted, cursor }, signal }));
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <Button component="a" href="/v1/audit/export" download="trail.jsonl" variant="default" size="xs">
          {words.export}
        </Button>
      }
    >
      <State />
      <Filters />
      <Shown query={entries}>{(rows) => <DataTable label={words.table} columns={COLUMNS} rows={rows} rowKey={(entry) => entry.id} empty={<Empty title={words.empty} />} {...entries.more} />}</Shown>
    </Page>
  );
}

function useHeld(name: Text): string | null {
  const [value] = useQueryState(name);
  return FORMS[name].is.test(value) ? value : null;
}

function Filters() {
  const [action, setAction] = useQueryState("action");
  const [path, navigate] = useLocation();
  return (
    <div className={classes.filters} role="group" aria-label={words.filters.label}>
      <Select
        size="xs"
        w={190}
        aria-label={words.filters.action}
        placeholder={words.filters.any}
        data={ACTIONS}
        value={KNOWN.has(action) ? action : null}
        onChange={(to) => setAction(to)}
        searchable
        clearable
        clearButtonProps={{ "aria-label": words.filters.any }}
        maxDropdownHeight={360}
      />
      {(Object.keys(FORMS) as Text[]).map((name) => (
        <TextFilter key={name} name={name} />
      ))}
      <RangePicker standard="365d" />
      <Button variant="subtle" size="xs" onClick={() => navigate(path, { replace: true })}>
        {words.filters.clear}
      </Button>
    </div>
  );
}

/** Asked for when Enter is pressed or the field is left, and only what can be meant. */
function TextFilter({ name }: { name: Text }) {
  const [value, setValue] = useQueryState(name);
  const [wrong, setWrong] = useState<string | null>(null);
  const { is, label, wrong: sentence } = FORMS[name];
  const take = (typed: string) => {
    const given = typed.trim();
    setWrong(given === "" || is.test(given) ? null : sentence);
    if (given !== value && (given === "" || is.test(given))) setValue(given || null);
  };
  return (
    <TextInput
      key={value}
      size="xs"
      w={160}
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      error={wrong}
      onBlur={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && take(event.currentTarget.value)}
    />
  );
}
