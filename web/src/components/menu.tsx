import { Menu as Base } from '@base-ui/react/menu';
import { Popover as BasePopover } from '@base-ui/react/popover';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';

const surface =
  'z-50 min-w-48 rounded-lg border border-border bg-raised p-1 shadow-float outline-none transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0';

export interface MenuAction {
  label: string;
  icon?: LucideIcon;
  onSelect: () => void;
  danger?: boolean;
  /** Why it cannot be chosen now. */
  blockedBecause?: string | undefined;
}

/** A button that opens a list of actions. */
export function Menu({ trigger, actions, align = 'end' }: { trigger: ReactElement; actions: readonly MenuAction[]; align?: 'start' | 'end' }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} className="z-50">
          <Base.Popup className={surface}>
            {actions.map((action) => (
              <Base.Item
                key={action.label}
                disabled={action.blockedBecause !== undefined}
                onClick={action.onSelect}
                className={`flex min-h-8 items-center gap-2 rounded-md px-2 py-1 outline-none data-disabled:opacity-60 data-highlighted:bg-sunken max-sm:min-h-11 ${action.danger ? 'text-critical' : ''}`}
              >
                {action.icon && <action.icon aria-hidden size={16} className={action.danger ? '' : 'text-muted'} />}
                <span>
                  {action.label}
                  {action.blockedBecause && <span className="block max-w-56 text-label text-muted">{action.blockedBecause}</span>}
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** A small form or list beside its button. */
export function Popover({
  trigger,
  title,
  children,
  align = 'start',
  open,
  onOpenChange,
}: {
  trigger: ReactElement;
  title: string;
  children: ReactNode;
  align?: 'start' | 'end';
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}) {
  return (
    <BasePopover.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange: (next: boolean) => onOpenChange(next) } : {})}>
      <BasePopover.Trigger render={trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner sideOffset={6} align={align} className="z-50">
          <BasePopover.Popup aria-label={title} className={`${surface} w-72 max-w-[calc(100vw-32px)] p-3!`}>
            {children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}
