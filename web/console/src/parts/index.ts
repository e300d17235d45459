/**
 * What pages are made of.
 *
 *     export default function Calls() {
 *       const range = useRange();                                      // of the address: ?range=7d, or ?range=own&from=…&to=…
 *       const [status, setStatus] = useQueryState("status");            // filters, sort and tabs live in the query; names never
 *       const calls = useQuery({
 *         queryKey: ["calls", range.query, status],
 *         queryFn: ({ signal }) => get("/v1/calls", { query: { ...range.query, status }, signal }),
 *       });
 *       return (
 *         <Page title={strings.calls.title} actions={<><RangePicker /><Download href={address("/v1/…", { query })} what={strings.calls.title} /></>}>
 *           <Figures><Figure label="Calls" value={number(count)} note="18 % more than usual" tone="good" /></Figures>
 *           <Panel title="Per day"><Chart label="Calls per day" option={option} table={{ head: ["Day", "Calls"], rows }} /></Panel>
 *           <Shown query={calls}>{(page) => <DataTable label="Calls" columns={columns} rows={page.items} rowKey={(call) => call.id} />}</Shown>
 *         </Page>
 *       );
 *     }
 *
 * - A page: `src/pages/<name>/index.tsx` with a default export, one line in `src/pages.tsx`, its words in `src/strings/en/<name>.ts` (a line in its index).
 * - Lists by cursor: `const calls = useList(["calls", status], (cursor, signal) => get("/v1/calls", { query: { status, cursor }, signal }))`, then
 *   `<Shown query={calls}>{(rows) => <DataTable … rows={rows} {...calls.more} />}</Shown>`.
 * - What a press does: `useAction` (busy, why it failed), `<Confirm>` before what cannot be taken back, `<Secret>` for what is shown once.
 * - `option` of a chart is kept with `useMemo`: another object draws it anew. Colours, fonts and canvas tooltips come from the theme.
 * - `refetchInterval` needs nothing more: what is asked while nobody is at the console keeps nobody signed in.
 * - Panels for what belongs together; colours from `styles.css` (`--tone-*`, `--soft-ink`, `--line`, `--raised`), which fit both schemes.
 * - A component of Mantine that is new here needs its line in `src/styles.css`, a kind of chart one in `parts/echarts.ts`.
 */
export { Score, StatusBadge } from "./Badges.js";
export { useCallerNames } from "./callers.js";
export { Chart, type ChartOption, type ChartTable } from "./Chart.js";
export { Confirm, sentenceOf, useAction } from "./Confirm.js";
export { type Column, DataTable } from "./DataTable.js";
export { Download } from "./Download.js";
export { Figure, Figures } from "./Figure.js";
export { type List, useList } from "./lists.js";
export { Page, Panel } from "./Page.js";
export { Pairs } from "./Pairs.js";
export { PersonName } from "./PersonName.js";
export { useQueryChoice, useQueryState } from "./query.js";
export { RangePicker, useRange } from "./RangePicker.js";
export { Secret } from "./Secret.js";
export { Empty, Failed, Loading, Shown } from "./States.js";
export { type Tone, toneOf } from "./tones.js";
export { When } from "./When.js";
