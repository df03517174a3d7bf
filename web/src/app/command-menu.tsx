import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { BellRing, FileText, FileUp, type LucideIcon, Search, UserPlus, UserRound, Zap } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { searchEverything } from '../api/search.ts';
import { formatMoney } from '../format/money.ts';
import { navigation } from './navigation.ts';

interface Entry {
  id: string;
  group: string;
  label: string;
  detail?: string | undefined;
  icon: LucideIcon;
  to: string;
}

const pages: readonly Entry[] = navigation.map((item) => ({ id: item.to, group: 'Go to', label: item.label, icon: item.icon, to: item.to }));
const actions: readonly Entry[] = [
  { id: 'new-customer', group: 'Do', label: 'Add a customer', icon: UserPlus, to: '/customers?new=true' },
  { id: 'import', group: 'Do', label: 'Import invoices or customers', icon: FileUp, to: '/import' },
  { id: 'new-rule', group: 'Do', label: 'Write a reminder rule', icon: BellRing, to: '/reminders/rules/new' },
  { id: 'run', group: 'Do', label: 'Run the reminders now', icon: Zap, to: '/reminders?run=true' },
];

/** The text once it has rested for a moment. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), 120);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

function useEntries(text: string): { entries: readonly Entry[]; searching: boolean } {
  const wanted = useRested(text.trim());
  const found = useQuery({
    queryKey: ['search', wanted],
    queryFn: ({ signal }) => searchEverything(wanted, signal),
    enabled: wanted.length > 0,
    placeholderData: (previous) => previous,
  });
  const matches = (entry: Entry) => entry.label.toLowerCase().includes(text.trim().toLowerCase());
  const customers = (found.data?.customers ?? []).map((customer) => ({
    id: customer.id,
    group: 'Customers',
    label: customer.name,
    detail: customer.number,
    icon: UserRound,
    to: `/customers/${customer.id}`,
  }));
  const invoices = (found.data?.invoices ?? []).map((invoice) => ({
    id: invoice.id,
    group: 'Invoices',
    label: `${invoice.number} · ${invoice.customer.name}`,
    detail: formatMoney(invoice.open),
    icon: FileText,
    to: `/invoices/${invoice.id}`,
  }));
  const remote = text.trim() ? [...customers, ...invoices] : [];
  return { entries: [...remote, ...actions.filter(matches), ...pages.filter(matches)], searching: found.isFetching };
}

/** ⌘K: customers, invoices, pages and actions by name. */
export default function CommandMenu({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup className="fixed inset-x-3 top-[10vh] z-50 mx-auto max-w-xl overflow-hidden rounded-xl border border-border bg-raised shadow-float">
          <Dialog.Title className="sr-only">Search and go anywhere</Dialog.Title>
          <CommandList onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function CommandList({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const list = useId();
  const navigate = useNavigate();
  const { entries, searching } = useEntries(text);
  const current = Math.min(active, entries.length - 1);
  const go = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    void navigate({ to: entry.to });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive(Math.min(current + 1, entries.length - 1));
    else if (event.key === 'ArrowUp') setActive(Math.max(current - 1, 0));
    else if (event.key === 'Enter') go(entries[current]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-border px-4">
        <Search aria-hidden size={16} className="text-muted" />
        <input
          role="combobox"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={entries[current] ? `${list}-${current}` : undefined}
          aria-label="Search customers, invoices and pages"
          placeholder="Customer, invoice number, page or action"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          className="h-12 flex-1 bg-transparent text-[16px] outline-none"
        />
      </div>
      <div id={list} role="listbox" aria-label="Results" className="max-h-[55vh] overflow-y-auto p-1.5">
        {entries.map((entry, index) => (
          <div key={`${entry.group}${entry.id}`}>
            {entries[index - 1]?.group !== entry.group && (
              <p role="presentation" className="px-2.5 pt-2 pb-1 text-label font-medium text-muted">
                {entry.group}
              </p>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the combobox above */}
            {/* biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the combobox */}
            <div
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === current}
              onClick={() => go(entry)}
              onPointerMove={() => setActive(index)}
              className="flex min-h-9 items-center gap-2.5 rounded-md px-2.5 aria-selected:bg-sunken max-sm:min-h-11"
            >
              <entry.icon aria-hidden size={16} className="shrink-0 text-muted" />
              <span className="min-w-0 flex-1 truncate">{entry.label}</span>
              {entry.detail && <span className="figures shrink-0 text-table text-muted">{entry.detail}</span>}
            </div>
          </div>
        ))}
        {entries.length === 0 && <p className="px-3 py-6 text-center text-muted">{searching ? 'Searching…' : `Nothing is called “${text}”.`}</p>}
      </div>
    </>
  );
}
