import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { searchEverything } from '../../api/search.ts';
import { IconButton } from '../../components/button.tsx';
import { Field } from '../../components/field.tsx';

export interface PickedCustomer {
  id: string;
  name: string;
  number: string;
}

/** Finds one customer by the beginning of a name or number. */
export function CustomerPicker({ value, onChange }: { value: PickedCustomer | null; onChange: (customer: PickedCustomer | null) => void }) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const wanted = text.trim();
  const found = useQuery({
    queryKey: ['search', wanted],
    queryFn: ({ signal }) => searchEverything(wanted, signal),
    enabled: wanted.length > 0 && !value,
    placeholderData: (previous) => previous,
  });
  const hits = wanted && !value ? (found.data?.customers ?? []) : [];
  const pick = (customer: PickedCustomer | undefined) => {
    if (!customer) return;
    onChange(customer);
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive(Math.min(active + 1, hits.length - 1));
    else if (event.key === 'ArrowUp') setActive(Math.max(active - 1, 0));
    else if (event.key === 'Enter' && hits.length > 0) pick(hits[active]);
    else return;
    event.preventDefault();
  };
  return (
    <Field label="Customer">
      {(ids) =>
        value ? (
          <div className="flex items-center gap-2 rounded-md border border-border bg-surface py-1 pr-1 pl-3">
            <span className="min-w-0 flex-1 truncate">
              <span className="font-medium">{value.name}</span> <span className="text-muted">{value.number}</span>
            </span>
            <IconButton icon={X} size="small" label="Choose another customer" onClick={() => onChange(null)} />
          </div>
        ) : (
          <div className="relative">
            <input
              {...ids}
              role="combobox"
              aria-expanded={hits.length > 0}
              aria-controls={`${ids.id}-list`}
              aria-activedescendant={hits[active] ? `${ids.id}-${active}` : undefined}
              autoComplete="off"
              placeholder="Name or number"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setActive(0);
              }}
              onKeyDown={onKeyDown}
              className="control"
            />
            <ul
              id={`${ids.id}-list`}
              role="listbox"
              aria-label="Customers found"
              className={hits.length > 0 ? 'mt-1 max-h-52 overflow-y-auto rounded-md border border-border bg-raised p-1' : 'hidden'}
            >
              {hits.map((customer, index) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the combobox
                // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the combobox
                <li
                  key={customer.id}
                  id={`${ids.id}-${index}`}
                  role="option"
                  aria-selected={index === active}
                  onClick={() => pick(customer)}
                  onPointerMove={() => setActive(index)}
                  className="flex min-h-8 items-center justify-between gap-3 rounded px-2 aria-selected:bg-sunken max-sm:min-h-11"
                >
                  <span className="truncate">{customer.name}</span>
                  <span className="figures shrink-0 text-table text-muted">{customer.number}</span>
                </li>
              ))}
            </ul>
            {wanted && !found.isFetching && hits.length === 0 && <p className="mt-1 text-label text-muted">No customer begins with “{wanted}”.</p>}
          </div>
        )
      }
    </Field>
  );
}
