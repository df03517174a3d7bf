import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export type SearchParams = Readonly<Record<string, string | undefined>>;

/** What a list shows is kept in the page's address, so that it can be shared and gone back to. */
export function useSearchParams(): [SearchParams, (change: SearchParams) => void] {
  const search = useSearch({ strict: false }) as SearchParams;
  const navigate = useNavigate();
  const change = useCallback(
    (values: SearchParams) => void navigate({ to: '.', search: ((before: SearchParams) => ({ ...before, ...values })) as never, replace: true }),
    [navigate],
  );
  return [search, change];
}
