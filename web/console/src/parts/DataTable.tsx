import { Button, VisuallyHidden } from "@mantine/core";
import { type ReactNode } from "react";
import { strings } from "../strings/index.js";
import classes from "./DataTable.module.css";
import { Empty } from "./States.js";

export interface Column<Row> {
  key: string;
  head: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the end. */
  align?: "start" | "end";
  /** The name that `sort` has when rows are in this column's order; its head is then a button. `-name` is the other way round. */
  sort?: string;
  /** What the column is called where no head is seen. */
  label?: string;
  /** Long text breaks; all else stays on one line. */
  wraps?: boolean;
}

export interface TableProps<Row> {
  /** What is in the table, for who cannot see it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Asks for the next rows, where there are more. */
  onMore?: (() => unknown) | undefined;
  isLoadingMore?: boolean;
  sort?: string;
  onSort?: (sort: string) => void;
  empty?: ReactNode;
  /** Rows from here on scroll inside the table, as `32rem`. */
  maxHeight?: string;
}

/** A real table. It scrolls in itself where it is too wide, with its head in sight; more rows are asked for by a button. */
export function DataTable<Row>(given: TableProps<Row>) {
  const { label, columns, rows, rowKey, onMore, isLoadingMore = false, sort, onSort, empty, maxHeight } = given;
  const { table } = strings.parts;
  if (rows.length === 0) return <>{empty ?? <Empty />}</>;
  return (
    <div>
      {/* Scrolled by keyboard alone, so it takes the focus. */}
      <div className={classes.frame} role="region" aria-label={table.scroll(label)} tabIndex={0} style={{ maxHeight }}>
        <table className={classes.table}>
          <caption className={classes.caption}>{label}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.key} column={column} sort={sort} onSort={onSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={rowKey(row)}>
                {columns.map((column) => (
                  <td key={column.key} data-align={column.align} data-wraps={column.wraps}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={classes.foot}>
        <span role="status">{table.shown(rows.length)}</span>
        {onMore && (
          <Button variant="default" size="xs" loading={isLoadingMore} onClick={() => void onMore()}>
            {table.more}
          </Button>
        )}
      </div>
    </div>
  );
}

function Head<Row>({ column, sort, onSort }: { column: Column<Row>; sort: string | undefined; onSort: ((sort: string) => void) | undefined }) {
  const way = sort === column.sort ? "ascending" : sort === `-${column.sort ?? ""}` ? "descending" : undefined;
  if (!column.sort || !onSort) {
    return (
      <th scope="col" data-align={column.align}>
        {column.label ? <VisuallyHidden>{column.label}</VisuallyHidden> : column.head}
      </th>
    );
  }
  const { sort: name } = column;
  return (
    <th scope="col" data-align={column.align} aria-sort={way ?? "none"}>
      {/* The first press shows the most first: that is what is looked for in figures. */}
      <button type="button" className={classes.sort} onClick={() => onSort(way === "descending" ? name : `-${name}`)}>
        {column.head}
        <span aria-hidden className={classes.way}>
          {way === "ascending" ? "▲" : way === "descending" ? "▼" : "↕"}
        </span>
      </button>
    </th>
  );
}
