import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { InlineError } from './states.tsx';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  lead?: ReactNode;
  width?: 'narrow' | 'wide';
  footer?: ReactNode;
  children?: ReactNode;
}

const motion = 'transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0';

/** A question in front of the page. Closes with Escape and gives the focus back. */
export function Dialog({ open, onClose, title, lead, width = 'narrow', footer, children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={`fixed inset-0 z-40 bg-scrim ${motion}`} />
        <Base.Popup
          className={`fixed inset-x-0 bottom-0 z-50 mx-auto flex max-h-[92dvh] w-full flex-col rounded-t-xl border border-border bg-raised shadow-float sm:top-[12vh] sm:bottom-auto sm:max-h-[76vh] sm:rounded-xl ${width === 'wide' ? 'sm:max-w-3xl' : 'sm:max-w-lg'} ${motion}`}
        >
          <header className="flex items-start justify-between gap-3 px-5 pt-4">
            <div className="min-w-0">
              <Base.Title className="text-[16px] leading-6 font-semibold [overflow-wrap:anywhere]">{title}</Base.Title>
              {lead && <Base.Description className="mt-1 text-muted">{lead}</Base.Description>}
            </div>
            <Base.Close render={<IconButton icon={X} label="Close" size="small" className="-mr-1.5" />} />
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer && <footer className="flex flex-wrap justify-end gap-2 rounded-b-xl border-t border-border px-5 py-3">{footer}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface FormDialogProps extends Omit<DialogProps, 'footer'> {
  /** What the button does, with its number and amount: "Refund $1,250.00". */
  action: string;
  danger?: boolean;
  blockedBecause?: string | undefined;
  /** Resolves when it is done; the dialog then closes. A refusal is shown in place and everything typed is kept. */
  onSubmit: () => Promise<unknown>;
}

/** A dialog that does one thing, named on its button. */
export function FormDialog({ action, danger, blockedBecause, onSubmit, children, ...dialog }: FormDialogProps) {
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (pending || blockedBecause) return;
    setPending(true);
    setError(null);
    try {
      await onSubmit();
      dialog.onClose();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setPending(false);
    }
  };
  const close = () => {
    setError(null);
    dialog.onClose();
  };
  return (
    <Dialog
      {...dialog}
      onClose={close}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant={danger ? 'danger' : 'primary'} pending={pending} blockedBecause={blockedBecause} onClick={() => void submit()}>
            {action}
          </Button>
        </>
      }
    >
      <form onSubmit={submit} className="space-y-4">
        <button type="submit" hidden />
        {error !== null && <InlineError error={error} />}
        {children}
      </form>
    </Dialog>
  );
}

/** Detail beside the list, without leaving it. */
export function SidePanel({ open, onClose, title, lead, footer, children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={`fixed inset-0 z-40 bg-scrim ${motion}`} />
        <Base.Popup className={`fixed inset-y-0 right-0 z-50 flex w-full max-w-[560px] flex-col border-l border-border bg-raised shadow-float ${motion}`}>
          <header className="flex items-start justify-between gap-3 border-b border-border px-5 py-3.5">
            <div className="min-w-0">
              <Base.Title className="text-[16px] leading-6 font-semibold [overflow-wrap:anywhere]">{title}</Base.Title>
              {lead && <Base.Description className="text-muted">{lead}</Base.Description>}
            </div>
            <Base.Close render={<IconButton icon={X} label="Close" size="small" className="-mr-1.5" />} />
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer && <footer className="flex flex-wrap justify-end gap-2 border-t border-border px-5 py-3">{footer}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
