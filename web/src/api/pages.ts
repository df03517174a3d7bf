import { type InfiniteData, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

interface PageAnswer<Row> {
  items: Row[];
  nextCursor: string | null;
}

/**
 * A list that loads as it is read. While another sort or filter is on its way the rows before stay, so that the list
 * never jumps. `key` names the list and everything that decides its rows.
 */
export function usePages<Row>(key: readonly unknown[], load: (cursor: string | undefined, signal: AbortSignal) => Promise<PageAnswer<Row>>) {
  const query = useInfiniteQuery<PageAnswer<Row>, Error, InfiniteData<PageAnswer<Row>>, readonly unknown[], string | undefined>({
    queryKey: key,
    queryFn: async ({ pageParam, signal }) => {
      let page = await load(pageParam, signal);
      // a filter that hardly anything meets answers empty pages with a cursor: the list is not empty before its end
      while (page.items.length === 0 && page.nextCursor !== null) page = await load(page.nextCursor, signal);
      return page;
    },
    initialPageParam: undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  return {
    rows: query.data?.pages.flatMap((page) => page.items) ?? [],
    first: query.data?.pages[0],
    loading: query.isPending,
    /** Showing the rows of the question before. */
    stale: query.isPlaceholderData,
    error: query.isError && !query.data ? query.error : undefined,
    retry: () => void query.refetch(),
    more: { available: query.hasNextPage, loading: query.isFetchingNextPage, load: () => void query.fetchNextPage() },
  };
}

export const PAGE_SIZE = 100;
