/** Entries in tables. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { get, type Item } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { DASH, duration, milliseconds, time } from "../../format.js";
import { type Column, PersonName, StatusBadge, type Tone, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Audit.module.css";
import { ProofButton } from "./Proof.js";

export type Entry = Item<"/v1/audit">;

const { columns: heads, about } = strings.audit;

/** Ids of one time begin alike: their ends tell them apart. */
const endOf = (id: string) => id.slice(-6);

const BAD: ReadonlySet<string> = new Set(["join_denied", "permission_denied", "participant_refused", "connection_failed", "error_occurred", "sign_in_refused", "appointment_no_show"]);
const LOOKS: ReadonlySet<string> = new Set(["record_viewed", "audit_read", "note_read", "notes_listed"]);

function toneOf(entry: Entry): Tone {
  if (BAD.has(entry.action) || entry.error_code) return "bad";
  return LOOKS.has(entry.action) ? "neutral" : "info";
}

/** Who acted, by the name of their account or key where whoever looks may know it. */
function By({ caller }: { caller: string }) {
  const { by } = strings.audit;
  const [kind = "", id = ""] = caller.split(":");
  const names = useNames();
  if (kind === "account") return <>{names.get(id) ?? by.someAccount(endOf(id))}</>;
  if (kind === "key") return <>{names.has(id) ? by.key(names.get(id)!) : by.someKey(endOf(id))}</>;
  if (kind === "engine") return <>{by.engine(id)}</>;
  const known: Record<string, string> = { sdk: by.sdk, user: by.user, callwell: by.callwell, cli: by.cli, anonymous: by.anonymous };
  return <>{known[kind] ?? caller}</>;
}

/** Names of accounts and keys by their ids; none for who may not read them. */
function useNames(): ReadonlyMap<string, string> {
  const enabled = useAccount().role === "admin";
  const names = useQuery({
    queryKey: ["audit", "callers"],
    queryFn: async ({ signal }) => {
      const [accounts, keys] = await Promise.all([get("/v1/accounts", { signal }), get("/v1/keys", { signal })]);
      return new Map([...accounts.items, ...keys.items].map((one) => [one.id, one.name]));
    },
    enabled,
    staleTime: 300_000,
  });
  return names.data ?? NOBODY;
}

const NOBODY: ReadonlyMap<string, string> = new Map();

function About({ entry }: { entry: Entry }) {
  const parts = [
    entry.call_id && (
      <Link key="call" href={`/calls/${entry.call_id}`}>
        {about.call(endOf(entry.call_id))}
      </Link>
    ),
    entry.appointment_id && (
      <Link key="appointment" href={`/appointments/${entry.appointment_id}`}>
        {about.appointment(endOf(entry.appointment_id))}
      </Link>
    ),
    entry.room && <span key="room">{about.room(endOf(entry.room))}</span>,
    entry.invite_id && <span key="invite">{about.invite(endOf(entry.invite_id))}</span>,
  ].filter(Boolean);
  return parts.length ? <span className={classes.parts}>{parts}</span> : <>{DASH}</>;
}

/** What an entry says beside: short, and never about a person. */
function More({ entry }: { entry: Entry }) {
  const told = Object.entries<unknown>(entry.metadata);
  return (
    <span className={classes.more}>
      {entry.error_code && (
        <>
          <b>{entry.error_code}</b> {entry.error_message}{" "}
        </>
      )}
      {told.map(([name, value]) => `${name.replaceAll("_", " ")}: ${typeof value === "string" || typeof value === "number" ? value : JSON.stringify(value)}`).join(", ")}
      {entry.duration_ms !== null && `${told.length ? ", " : ""}${strings.audit.took(entry.duration_ms < 10_000 ? milliseconds(entry.duration_ms) : duration(entry.duration_ms / 1000))}`}
    </span>
  );
}

/** To the second: in a trail it matters what came first. */
function Moment({ at }: { at: string }) {
  return (
    <>
      <When at={at} form="date" /> {time(at, "seconds")}
    </>
  );
}

const when: Column<Entry> = { key: "when", head: heads.when, cell: (entry) => <Moment at={entry.at} /> };
const what: Column<Entry> = { key: "what", head: heads.what, cell: (entry) => <StatusBadge status={entry.action} label={strings.audit.action(entry.action)} tone={toneOf(entry)} /> };
const who: Column<Entry> = { key: "who", head: heads.who, cell: (entry) => (entry.identity ? <PersonName identity={entry.identity} /> : DASH) };
const by: Column<Entry> = { key: "by", head: heads.by, cell: (entry) => <By caller={entry.caller} /> };
const from: Column<Entry> = {
  key: "from",
  head: heads.from,
  cell: (entry) => (
    <span className={classes.from} title={[entry.address, entry.user_agent].filter(Boolean).join("\n") || undefined}>
      {entry.address ?? DASH}
      {entry.user_agent && <span className={classes.agent}>{entry.user_agent}</span>}
    </span>
  ),
};
const record: Column<Entry> = { key: "about", head: heads.about, cell: (entry) => <About entry={entry} /> };
const more: Column<Entry> = { key: "more", head: heads.more, wraps: true, cell: (entry) => <More entry={entry} /> };
const proof: Column<Entry> = { key: "proof", head: heads.proof, cell: (entry) => <ProofButton id={entry.id} what={strings.audit.action(entry.action)} /> };

export const COLUMNS: readonly Column<Entry>[] = [when, what, who, by, from, record, more, proof];

/** Of one record, which need not be named again. */
export const BRIEF_COLUMNS: readonly Column<Entry>[] = [when, what, who, by, from, more];
