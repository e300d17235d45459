import { useInfiniteQuery } from "@tanstack/react-query";

interface Part<Row> {
  items: readonly Row[];
  next_cursor?: string | null;
}

export interface List<Row> {
  /** All rows so far; undefined before the first have come. */
  data: readonly Row[] | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
  /** What a `<DataTable>` takes. */
  more: { onMore: (() => unknown) | undefined; isLoadingMore: boolean };
}

/**
 * A list of the API by its cursor: `useList(["keys"], (cursor, signal) => get("/v1/keys", { query: { cursor }, signal }))`. It goes into `<Shown query={list}>`,
 * and `{...list.more}` into the table.
 */
export function useList<Row>(key: readonly unknown[], ask: (cursor: string | null, signal: AbortSignal) => Promise<Part<Row>>, options: { refetchInterval?: number } = {}): List<Row> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (part) => part.next_cursor ?? null,
    ...options,
  });
  return {
    data: query.data?.pages.flatMap((part) => part.items),
    error: query.error,
    isPending: query.isPending,
    refetch: query.refetch,
    more: { onMore: query.hasNextPage ? () => query.fetchNextPage() : undefined, isLoadingMore: query.isFetchingNextPage },
  };
}
