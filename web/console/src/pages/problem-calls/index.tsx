import { Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { address, type Answer, get } from "../../api/client.js";
import { duration, number } from "../../format.js";
import { type Column, DataTable, Download, Empty, Page, PersonName, RangePicker, Score, Shown, StatusBadge, useQueryChoice, useQueryState, useRange, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./problems.module.css";

type Problem = Answer<"/v1/analytics/problem-calls">["items"][number];

const REASONS = ["all", "disconnections", "poor", "failed", "critical"] as const;
const MORE_THAN = [0, 1, 2, 3, 5, 10];
const STANDARD = "3";

export default function ProblemCalls() {
  const { problemCalls } = strings;
  const range = useRange();
  const [why, setWhy] = useQueryChoice("why", REASONS);
  const [drops, setDrops] = useQueryState("drops", STANDARD);
  const moreThan = /^\d{1,4}$/.test(drops) ? Number(drops) : Number(STANDARD);
  const query = { ...range.query, why: why === "all" ? undefined : why, more_than: moreThan };
  const list = useInfiniteQuery({
    queryKey: ["analytics", "problem-calls", query],
    queryFn: ({ signal, pageParam }) => get("/v1/analytics/problem-calls", { query: { ...query, limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  return (
    <Page
      title={problemCalls.title}
      lead={problemCalls.lead}
      actions={
        <>
          <Select
            size="xs"
            w={170}
            aria-label={problemCalls.why.label}
            data={REASONS.map((value) => ({ value, label: problemCalls.why[value] }))}
            value={why}
            onChange={(value) => setWhy((value ?? "all"))}
            allowDeselect={false}
          />
          <Select
            size="xs"
            w={170}
            aria-label={problemCalls.moreThan.label}
            data={[...new Set([...MORE_THAN, moreThan])].sort((a, b) => a - b).map((count) => ({ value: String(count), label: problemCalls.moreThan.option(count) }))}
            value={String(moreThan)}
            onChange={setDrops}
            allowDeselect={false}
          />
          <RangePicker />
          <Download href={address("/v1/analytics/problem-calls", { query })} what={problemCalls.table} />
        </>
      }
    >
      <Shown query={list}>
        {({ pages }) => (
          <DataTable
            label={problemCalls.table}
            columns={COLUMNS}
            rows={pages.flatMap((page) => page.items)}
            rowKey={(call) => call.call_id}
            onMore={list.hasNextPage ? () => list.fetchNextPage() : undefined}
            isLoadingMore={list.isFetchingNextPage}
            empty={<Empty title={problemCalls.empty} />}
          />
        )}
      </Shown>
    </Page>
  );
}

const { columns: heads, why: reasons } = strings.problemCalls;

const COLUMNS: readonly Column<Problem>[] = [
  {
    key: "when",
    head: heads.when,
    cell: (call) =>
      call.type === null ? (
        <>
          <When at={call.began_at} /> <small>({strings.problemCalls.gone})</small>
        </>
      ) : (
        <Link href={`/calls/${call.call_id}`}>
          <When at={call.began_at} />
        </Link>
      ),
  },
  {
    key: "why",
    head: heads.why,
    cell: (call) => (
      <span className={classes.why}>
        {call.why.map((one) => (
          <StatusBadge key={one} status={one} tone={one === "critical" || one === "failed" ? "bad" : "fair"} label={reasons[one]} />
        ))}
      </span>
    ),
  },
  { key: "drops", head: heads.drops, align: "end", cell: (call) => number(call.disconnections) },
  { key: "quality", head: heads.quality, cell: (call) => <Score value={call.score} category={call.category} /> },
  { key: "critical", head: heads.critical, align: "end", cell: (call) => number(call.critical_issues) },
  { key: "issues", head: heads.issues, align: "end", cell: (call) => number(call.issues) },
  { key: "length", head: heads.length, align: "end", cell: (call) => duration(call.duration_seconds) },
  {
    key: "provider",
    head: heads.provider,
    cell: (call) => <PersonName name={call.provider_name} identity={call.provider} plain={!call.provider?.includes(":")} />,
  },
  { key: "people", head: heads.people, align: "end", cell: (call) => number(call.participants) },
  { key: "status", head: heads.status, cell: (call) => <StatusBadge status={call.status} /> },
  { key: "engine", head: heads.engine, cell: (call) => (call.engine ? (strings.calls.engines[call.engine] ?? call.engine) : "") },
];
