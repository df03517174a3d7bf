import { AlertTriangle, Check, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { IconButton } from './button.tsx';

interface ToastEntry {
  id: number;
  text: string;
  tone: 'done' | 'failed';
  undo?: (() => unknown) | undefined;
}

let entries: readonly ToastEntry[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const publish = (next: readonly ToastEntry[]) => {
  entries = next;
  for (const listener of listeners) listener();
};
const dismiss = (id: number) => publish(entries.filter((entry) => entry.id !== id));

function show(entry: Omit<ToastEntry, 'id'>): void {
  const id = nextId++;
  publish([...entries.slice(-1), { ...entry, id }]);
  setTimeout(() => dismiss(id), entry.undo || entry.tone === 'failed' ? 9_000 : 6_000);
}

/** Says that something was done. With `undo`, offers to take it back. */
export const done = (text: string, undo?: () => unknown): void => show({ text, tone: 'done', undo });

/** Says that something was refused or failed, and that nothing changed. */
export const failed = (error: unknown, what?: string): void =>
  show({ tone: 'failed', text: error instanceof ApiProblem ? error.message : (what ?? 'We could not reach the server. Nothing was changed.') });

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => entries,
  );
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-4 z-60 flex flex-col items-center gap-2">
      {shown.map((entry) => (
        <div
          key={entry.id}
          className="pointer-events-auto flex max-w-lg items-center gap-3 rounded-lg border border-border bg-raised py-2 pr-2 pl-3.5 shadow-float"
        >
          {entry.tone === 'done' ? (
            <Check aria-hidden size={16} className="shrink-0 text-positive" />
          ) : (
            <AlertTriangle aria-hidden size={16} className="shrink-0 text-critical" />
          )}
          <span className="min-w-0">{entry.text}</span>
          {entry.undo && (
            <button
              type="button"
              className="link shrink-0 rounded px-1 font-medium"
              onClick={() => {
                dismiss(entry.id);
                void entry.undo?.();
              }}
            >
              Undo
            </button>
          )}
          <IconButton icon={X} label="Dismiss" size="small" onClick={() => dismiss(entry.id)} />
        </div>
      ))}
    </div>
  );
}
