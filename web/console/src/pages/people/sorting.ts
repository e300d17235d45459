/** How a table's order is held in the address: `attended`, or `-attended` for the most first. */

export interface Sorted<Sort extends string> {
  sort: Sort;
  order: "most" | "least";
}

/** As the API takes it; the first of the sorts, the most first, for anything else. */
export function orderOf<Sort extends string>(held: string, sorts: readonly [Sort, ...Sort[]]): Sorted<Sort> {
  const name = held.replace(/^-/, "");
  const sort = sorts.find((one) => one === name);
  return sort ? { sort, order: held.startsWith("-") ? "most" : "least" } : { sort: sorts[0], order: "most" };
}
