import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatCount } from '../format/money.ts';
import { IconButton } from './button.tsx';

/** What is selected, what it adds up to, and what can be done with it. */
export function SelectionBar({
  count,
  noun,
  totals,
  clear,
  children,
}: {
  count: number;
  noun: [string, string];
  totals?: ReactNode;
  clear: () => void;
  children: ReactNode;
}) {
  if (count === 0) return null;
  return (
    <div
      role="region"
      aria-label="Selection"
      className="sticky bottom-3 z-20 mx-auto mt-3 flex w-fit max-w-full flex-wrap items-center gap-x-4 gap-y-2 rounded-xl border border-border bg-raised py-2 pr-2 pl-4 shadow-float"
    >
      <p className="figures" aria-live="polite">
        <span className="font-medium">
          {formatCount(count)} {count === 1 ? noun[0] : noun[1]}
        </span>
        {totals && <span className="text-muted"> · {totals}</span>}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        {children}
        <IconButton icon={X} label="Clear the selection" size="small" onClick={clear} />
      </div>
    </div>
  );
}
