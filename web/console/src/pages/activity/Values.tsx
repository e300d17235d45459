import { type Dimension, valueName } from "../../analytics/dimensions.js";
import { address, type Answer, get } from "../../api/client.js";
import { milliseconds, number, share } from "../../format.js";
import { type Column, DataTable, Download, Panel, PersonName, Shown, useList } from "../../parts/index.js";
import { strings } from "../../strings/index.js";

type Row = Answer<"/v1/analytics/joins">["items"][number];

/** Joins of each value, those first that have most. */
export function Values({ by, query }: { by: Dimension; query: Record<string, string> }) {
  const words = strings.activity.values;
  const asked = { ...query, by };
  const values = useList(["analytics", "joins", "values", asked], (cursor, signal) => get("/v1/analytics/joins", { query: { ...asked, cursor, limit: 50 }, signal }));
  const title = words.title(strings.analytics.dimensions[by]);
  return (
    <Panel title={title} actions={<Download href={address("/v1/analytics/joins", { query: asked })} what={title} />}>
      <Shown query={values}>{(rows) => <DataTable label={title} columns={columns(by)} rows={rows} rowKey={(row) => row.value ?? ""} maxHeight="24rem" {...values.more} />}</Shown>
    </Panel>
  );
}

function columns(by: Dimension): readonly Column<Row>[] {
  const words = strings.activity.values;
  return [
    {
      key: "value",
      head: strings.analytics.dimensions[by],
      cell: (row) => (by === "provider" && /^(user|guest):/.test(row.value ?? "") ? <PersonName name={row.name} identity={row.value} /> : valueName(by, row.value, row.name)),
    },
    { key: "joins", head: words.joins, align: "end", cell: (row) => number(row.joins) },
    { key: "success", head: words.success, align: "end", cell: (row) => share(row.success_rate) },
    { key: "drops", head: words.drops, align: "end", cell: (row) => share(row.drop_rate) },
    { key: "disconnections", head: words.disconnections, align: "end", cell: (row) => number(row.disconnections) },
    { key: "mean", head: words.setupMean, align: "end", cell: (row) => milliseconds(row.setup_ms?.mean) },
    { key: "p95", head: words.setup95, align: "end", cell: (row) => milliseconds(row.setup_ms?.p95) },
  ];
}
