import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { fetchComments, fetchItem, fetchItems, fetchRatings } from '../api/catalog.ts';

/** Bounds what the grid holds: 10 pages of 100. Search and order work on these. */
const pagesMax = 10;

/** All items by name, fetched page after page; the first page is shown while the others come. */
export function useItems() {
  const query = useInfiniteQuery({
    queryKey: ['items'],
    queryFn: ({ pageParam, signal }) => fetchItems(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last, pages) => (pages.length < pagesMax ? last.nextPath : null),
    select: (data) => data.pages.flatMap((page) => page.items),
  });
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  return query;
}

export function useItem(itemId: string) {
  const listed = useItems().data?.find((item) => item.id === itemId);
  return useQuery({
    queryKey: ['item', itemId],
    queryFn: ({ signal }) => fetchItem(itemId, signal),
    // The picture, name and price are known from the list: no blank page on the way from the grid.
    ...(listed ? { placeholderData: listed } : {}),
  });
}

export function useComments(itemId: string, limit: number) {
  return useQuery({
    queryKey: ['item', itemId, 'comments', limit],
    queryFn: ({ signal }) => fetchComments(itemId, limit, signal),
    placeholderData: keepPreviousData,
  });
}

export function useRatings(itemId: string) {
  return useQuery({
    queryKey: ['item', itemId, 'ratings'],
    queryFn: ({ signal }) => fetchRatings(itemId, signal),
  });
}
