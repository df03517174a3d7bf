import { Check } from 'lucide-react';

/** Where you are in a few steps. */
export function Stepper({ steps, current }: { steps: readonly string[]; current: number }) {
  return (
    <ol aria-label="Steps" className="flex flex-wrap gap-x-6 gap-y-2">
      {steps.map((step, index) => {
        const state = index < current ? 'done' : index === current ? 'current' : 'next';
        return (
          <li
            key={step}
            aria-current={state === 'current' ? 'step' : undefined}
            className={`flex items-center gap-2 text-table ${state === 'current' ? 'font-medium' : 'text-muted'}`}
          >
            <span
              className={`figures grid size-5 place-items-center rounded-full text-label ${state === 'current' ? 'bg-accent-fill text-on-accent' : state === 'done' ? 'bg-positive-soft text-positive' : 'bg-sunken'}`}
            >
              {state === 'done' ? <Check aria-hidden size={12} strokeWidth={3} /> : index + 1}
            </span>
            {step}
            {state === 'done' && <span className="sr-only">(done)</span>}
          </li>
        );
      })}
    </ol>
  );
}
