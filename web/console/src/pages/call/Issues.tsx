import { clock, duration } from "../../format.js";
import { type Column, DataTable, Panel, StatusBadge, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./call.module.css";
import { at, type Call, type Issue, sinceStart } from "./layout.js";

/** What was found to be wrong: how bad, what, when, for how long, whose, and whose sending it comes from. */
export function Issues({ call, issues }: { call: Call; issues: readonly Issue[] }) {
  const { issues: words } = strings.call;
  const { columns: heads } = words;
  const columns: Column<Issue>[] = [
    { key: "severity", head: heads.severity, cell: (issue) => <StatusBadge status={issue.severity} tone={issue.severity === "critical" ? "bad" : "fair"} label={words.severity[issue.severity]!} /> },
    { key: "what", head: heads.what, wraps: true, cell: (issue) => issue.sentence },
    {
      key: "from",
      head: heads.from,
      cell: (issue) => (
        <>
          <When at={issue.started_at} form="seconds" /> <span className={classes.soft}>+{clock(sinceStart(issue.started_at, call))}</span>
        </>
      ),
    },
    { key: "length", head: heads.length, align: "end", cell: (issue) => duration(issue.seconds) },
    { key: "who", head: heads.who, cell: (issue) => issue.display_name ?? "" },
    { key: "cause", head: heads.cause, cell: (issue) => (issue.caused_by === null ? words.unknown : issue.caused_by === issue.participant_id ? words.own : (issue.caused_by_name ?? words.unknown)) },
  ];
  const sorted = [...issues].sort((a, b) => Number(b.severity === "critical") - Number(a.severity === "critical") || at(a.started_at) - at(b.started_at));
  return (
    <Panel title={words.title}>
      {issues.length === 0 ? (
        <p className={classes.soft}>{words.none}</p>
      ) : (
        <DataTable label={words.title} columns={columns} rows={sorted} rowKey={(issue) => `${issue.code}${issue.connection_id ?? ""}${issue.direction ?? ""}${issue.kind ?? ""}${issue.started_at}`} maxHeight="24rem" />
      )}
    </Panel>
  );
}
