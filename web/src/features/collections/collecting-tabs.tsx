import { Tabs } from '../../components/page.tsx';

/** What collectors work on. */
export const CollectingTabs = () => (
  <Tabs
    label="Collecting"
    items={[
      { label: 'Tasks', to: '/tasks' },
      { label: 'Promises', to: '/tasks/promises' },
      { label: 'Disputes', to: '/tasks/disputes' },
    ]}
  />
);

/** A part of a list, such as the open ones. */
export function ViewSwitch({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}) {
  return (
    <div role="group" aria-label={label} className="mb-3 flex w-fit max-w-full flex-wrap rounded-md bg-sunken p-0.5">
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={value === choice.value}
          onClick={() => onChange(choice.value)}
          className="figures h-7 rounded px-2.5 text-table text-muted aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-text aria-pressed:shadow-raised max-sm:h-10"
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}
