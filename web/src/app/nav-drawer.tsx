import { Dialog } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';

/** The navigation of a phone, in front of the page. */
export default function NavDrawer({ open, onClose, children }: { open: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup className="fixed inset-y-0 left-0 z-50 w-[280px] border-r border-border bg-surface shadow-float">
          <Dialog.Title className="sr-only">Navigation</Dialog.Title>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
