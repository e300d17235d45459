/** Of a day's appointments, the earliest first: so many of them from the first that is not over; where fewer are left, the last ones. */
export function nearest<A extends { ends_at: string }>(items: readonly A[], most: number, now: number = Date.now()): A[] {
  const first = items.findIndex((one) => Date.parse(one.ends_at) > now);
  const start = Math.max(0, Math.min(first === -1 ? items.length : first, items.length - most));
  return items.slice(start, start + most);
}
