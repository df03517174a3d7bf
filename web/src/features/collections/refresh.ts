import { useQueryClient } from '@tanstack/react-query';

/** Refreshes everything that shows tasks, holds, promises, disputes, notes or files. */
export function useRefreshCollections(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    const keys = ['holds', 'promises', 'disputes', 'dispute', 'tasks', 'notes', 'shared-files', 'invoice', 'invoices', 'customer', 'timeline'];
    await Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };
}
