import { useBlocker } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef } from 'react';
import { FormDialog } from './dialog.tsx';

/**
 * Whether there are changes, readable at any moment: a page may be left before the next rendering. Whoever saves and
 * goes on to another page sets it to false in between.
 */
export function useUnsaved(dirty: boolean): RefObject<boolean> {
  const unsaved = useRef(false);
  useEffect(() => {
    unsaved.current = dirty;
  }, [dirty]);
  return unsaved;
}

/** Asks before a page with changes is left, or the window closed. */
export function UnsavedQuestion({ unsaved, what }: { unsaved: RefObject<boolean>; what: string }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => unsaved.current && current.pathname !== next.pathname,
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
      <p>The changes of {what} are not saved.</p>
    </FormDialog>
  );
}
