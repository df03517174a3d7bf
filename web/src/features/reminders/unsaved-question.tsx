import { useBlocker } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { FormDialog } from '../../components/dialog.tsx';

/** Asks before a page with changes is left. `unsaved` is read at that moment. */
export function UnsavedQuestion({ unsaved, what }: { unsaved: RefObject<boolean>; what: 'rule' | 'cadence' }) {
  const blocker = useBlocker({
    shouldBlockFn: () => unsaved.current,
    enableBeforeUnload: () => unsaved.current,
    withResolver: true,
  });
  return (
    <FormDialog
      open={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      danger
      title="Leave without saving?"
      action="Leave, drop the changes"
      onSubmit={async () => blocker.proceed?.()}
    >
      <p>The changes of this {what} are not saved.</p>
    </FormDialog>
  );
}
