import { Columns3 } from 'lucide-react';
import { useState } from 'react';
import type { Column } from './data-table.tsx';
import { Button } from './button.tsx';
import { Popover } from './menu.tsx';

/** The columns a person chose for a list, kept on this device. */
export function useColumns<Row>(list: string, all: readonly Column<Row>[]) {
  const storageKey = `columns:${list}`;
  const [shown, setShown] = useState<readonly string[]>(() => {
    const stored = localStorage.getItem(storageKey);
    return stored ? stored.split(',') : all.filter((column) => !column.hidden).map((column) => column.key);
  });
  const change = (key: string, on: boolean) => {
    const next = all.map((column) => column.key).filter((name) => (name === key ? on : shown.includes(name)));
    localStorage.setItem(storageKey, next.join(','));
    setShown(next);
  };
  const columns = all.filter((column) => column.fixed || shown.includes(column.key));
  const choice = (
    <Popover
      title="Columns"
      align="end"
      trigger={
        <Button size="small" icon={Columns3} className="max-md:hidden">
          Columns
        </Button>
      }
    >
      <fieldset>
        <legend className="mb-2 text-table font-medium">Columns of this list</legend>
        <div className="max-h-80 space-y-2 overflow-y-auto">
          {all.map((column) => (
            <label key={column.key} className="flex items-center gap-2.5">
              <input
                type="checkbox"
                className="size-4 accent-accent-fill"
                checked={column.fixed || shown.includes(column.key)}
                disabled={column.fixed}
                onChange={(event) => change(column.key, event.target.checked)}
              />
              {column.header}
              {column.fixed && <span className="text-label text-muted">always shown</span>}
            </label>
          ))}
        </div>
      </fieldset>
    </Popover>
  );
  return { columns, choice };
}
