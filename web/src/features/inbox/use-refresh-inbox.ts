import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

/** Lists and counts of the inbox, after something changed. */
export function useRefreshInbox(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(() => queries.invalidateQueries({ queryKey: ['inbox'] }), [queries]);
}
