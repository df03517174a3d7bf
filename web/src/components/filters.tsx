import { ListFilter, Search, X } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { formatDay } from '../format/dates.ts';
import { formatAmount, parseAmount } from '../format/money.ts';
import { Button } from './button.tsx';
import { type Choice, TextField } from './field.tsx';
import { Popover } from './menu.tsx';

/** One way to narrow a list. Its value is a string and lives in the address of the page. */
export interface Filter {
  key: string;
  /** In the menu: "Open balance". */
  label: string;
  /** In the sentence: "with a balance over 1,000.00". */
  phrase: (value: string) => string;
  editor: (value: string | undefined, set: (value: string | undefined) => void) => ReactNode;
}

export type FilterValues = Readonly<Record<string, string | undefined>>;

/** One of a list. */
export function choiceFilter(key: string, label: string, choices: readonly Choice[], phrase: (label: string) => string): Filter {
  return {
    key,
    label,
    phrase: (value) => phrase(choices.find((choice) => choice.value === value)?.label ?? value),
    editor: (value, set) => (
      <ul className="-m-1 max-h-72 overflow-y-auto">
        {choices.length === 0 && <li className="p-2 text-muted">There is nothing to choose yet.</li>}
        {choices.map((choice) => (
          <li key={choice.value}>
            <button
              type="button"
              aria-pressed={choice.value === value}
              onClick={() => set(choice.value)}
              className="flex min-h-8 w-full items-center rounded-md px-2 text-left hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:font-medium max-sm:min-h-11"
            >
              {choice.label}
            </button>
          </li>
        ))}
      </ul>
    ),
  };
}

const [SEPARATOR] = ['..'] as const;

/** `1000.00..` or `..500.00` or both. */
export const splitRange = (value: string | undefined): [string | undefined, string | undefined] => {
  const [from, to] = (value ?? '').split(SEPARATOR);
  return [from || undefined, to || undefined];
};

/** Between two amounts, either of which may be open. */
export function amountFilter(key: string, label: string, noun: string, currency: string): Filter {
  const shown = (amount: string) => formatAmount({ amount, currency });
  return {
    key,
    label,
    phrase: (value) => {
      const [from, to] = splitRange(value);
      if (from && to) return `with ${noun} between ${shown(from)} and ${shown(to)}`;
      return from ? `with ${noun} of at least ${shown(from)}` : `with ${noun} of at most ${shown(to ?? '0')}`;
    },
    editor: (value, set) => (
      <RangeForm
        value={value}
        set={set}
        read={(text) => parseAmount(text, currency)}
        show={shown}
        refusal="This is not an amount."
        input={{ inputMode: 'decimal', suffix: currency }}
      />
    ),
  };
}

/** Between two days, either of which may be open. */
export function dayFilter(key: string, label: string, verb: string): Filter {
  return {
    key,
    label,
    phrase: (value) => {
      const [from, to] = splitRange(value);
      if (from && to) return from === to ? `${verb} on ${formatDay(from)}` : `${verb} between ${formatDay(from)} and ${formatDay(to)}`;
      return from ? `${verb} from ${formatDay(from)}` : `${verb} until ${formatDay(to ?? '')}`;
    },
    editor: (value, set) => (
      <RangeForm
        value={value}
        set={set}
        read={(text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null)}
        show={(text) => text}
        refusal="This is not a date."
        input={{ type: 'date' }}
      />
    ),
  };
}

interface RangeFormProps {
  value: string | undefined;
  set: (value: string | undefined) => void;
  read: (text: string) => string | null;
  show: (text: string) => string;
  refusal: string;
  input: { type?: string; inputMode?: 'decimal'; suffix?: string };
}

function RangeForm({ value, set, read, show, refusal, input }: RangeFormProps) {
  const [from, to] = splitRange(value);
  const [texts, setTexts] = useState([from ? show(from) : '', to ? show(to) : '']);
  const [refused, setRefused] = useState<readonly boolean[]>([]);
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        const values = texts.map((text) => (text.trim() ? read(text) : ''));
        setRefused(values.map((found) => found === null));
        if (values.includes(null)) return;
        set(values[0] || values[1] ? values.join(SEPARATOR) : undefined);
      }}
    >
      {['From', 'To'].map((label, index) => (
        <TextField
          key={label}
          {...input}
          label={label}
          value={texts[index] ?? ''}
          onChange={(text) => setTexts(texts.map((old, at) => (at === index ? text : old)))}
          error={refused[index] ? refusal : undefined}
        />
      ))}
      <Button type="submit" variant="primary" size="small" className="w-full">
        Apply
      </Button>
    </form>
  );
}

interface FilterBarProps {
  /** How the sentence starts: "Invoices". */
  noun: string;
  filters: readonly Filter[];
  values: FilterValues;
  onChange: (values: FilterValues) => void;
  search?: { value: string; onChange: (value: string) => void; placeholder: string };
  trailing?: ReactNode;
}

/** Search, the filters as chips that read as one sentence, and what else can be done to the list. */
export function FilterBar({ noun, filters, values, onChange, search, trailing }: FilterBarProps) {
  const active = filters.filter((filter) => values[filter.key] !== undefined);
  const free = filters.filter((filter) => values[filter.key] === undefined);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {search && <SearchBox {...search} />}
      <div className="flex min-w-0 flex-wrap items-center gap-1.5 text-table">
        {active.length > 0 && <span className="text-muted">{noun}</span>}
        {active.map((filter) => (
          <FilterChip key={filter.key} filter={filter} value={values[filter.key] as string} set={(value) => onChange({ ...values, [filter.key]: value })} />
        ))}
        {free.length > 0 && <AddFilter filters={free} add={(key, value) => onChange({ ...values, [key]: value })} />}
        {active.length > 1 && (
          <Button size="small" variant="quiet" onClick={() => onChange(Object.fromEntries(filters.map((filter) => [filter.key, undefined])))}>
            Clear
          </Button>
        )}
      </div>
      {trailing && <div className="ml-auto flex flex-wrap items-center gap-2">{trailing}</div>}
    </div>
  );
}

function FilterChip({ filter, value, set }: { filter: Filter; value: string; set: (value: string | undefined) => void }) {
  const [open, setOpen] = useState(false);
  const phrase = filter.phrase(value);
  return (
    <span className="inline-flex h-8 max-w-full items-center rounded-md border border-accent/35 bg-accent-soft text-accent max-sm:h-10">
      <Popover
        title={filter.label}
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button type="button" className="h-full min-w-0 truncate rounded-l-md pr-1 pl-2.5 font-medium hover:underline">
            {phrase}
          </button>
        }
      >
        <p className="mb-2 text-table font-medium">{filter.label}</p>
        {filter.editor(value, (next) => {
          set(next);
          setOpen(false);
        })}
      </Popover>
      <button
        type="button"
        aria-label={`Remove the filter: ${phrase}`}
        className="grid h-full w-7 place-items-center rounded-r-md hover:bg-accent/10"
        onClick={() => set(undefined)}
      >
        <X aria-hidden size={14} />
      </button>
    </span>
  );
}

function AddFilter({ filters, add }: { filters: readonly Filter[]; add: (key: string, value: string | undefined) => void }) {
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<Filter | null>(null);
  return (
    <Popover
      title="Add a filter"
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setChosen(null);
      }}
      trigger={
        <Button size="small" icon={ListFilter}>
          Filter
        </Button>
      }
    >
      {chosen ? (
        <>
          <p className="mb-2 text-table font-medium">{chosen.label}</p>
          {chosen.editor(undefined, (value) => {
            add(chosen.key, value);
            setOpen(false);
          })}
        </>
      ) : (
        <ul className="-m-1">
          {filters.map((filter) => (
            <li key={filter.key}>
              <button
                type="button"
                onClick={() => setChosen(filter)}
                className="flex min-h-8 w-full items-center rounded-md px-2 text-left hover:bg-sunken max-sm:min-h-11"
              >
                {filter.label}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}

/** Searches as the person types, after a breath. `/` puts the cursor here. */
function SearchBox({ value, onChange, placeholder }: { value: string; onChange: (value: string) => void; placeholder: string }) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const sent = useRef(value);
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onChange(text);
    }, 180);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || (event.target as HTMLElement).closest('input, textarea, select, [contenteditable]')) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);
  return (
    <div className="relative w-64 max-sm:w-full">
      <Search aria-hidden size={15} className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
      <input
        ref={input}
        type="search"
        aria-label={placeholder}
        placeholder={placeholder}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="control h-8! pl-8 text-table! max-sm:h-11!"
      />
    </div>
  );
}
