import { Plus } from 'lucide-react';
import { useId, useState } from 'react';
import type { FieldSelectorProps, ValueEditorProps } from 'react-querybuilder';
import { Button } from '../../components/button.tsx';
import type { Choice } from '../../components/field.tsx';
import { fieldKey, splitKey } from './condition-tree.ts';
import { type Arity, type Box, type FieldTable, isCustom, isDays } from './conditions.ts';

/** What the parts of a row need to know of their box. */
export interface BuilderContext {
  box: Box;
  table: FieldTable;
  categories: readonly Choice[];
}

const place = 'max-sm:order-4 max-sm:col-span-2';

/** The field; for a custom field that no upload had yet, its name too. */
export function FieldChooser({ value, handleOnChange, context }: FieldSelectorProps) {
  const { box, table } = context as BuilderContext;
  const { field, name = '' } = splitKey(String(value));
  const plain = table.of(box).filter((entry) => !isCustom(entry.name));
  const custom = table.of(box).find((entry) => isCustom(entry.name));
  const names = custom ? table.names(custom.name) : [];
  const [naming, setNaming] = useState(isCustom(field) && !names.includes(name));
  const other = custom ? fieldKey(custom.name, '') : '';
  return (
    <div className="flex min-w-0 flex-col gap-2 sm:w-68">
      <select
        aria-label="Field"
        value={naming ? other : String(value)}
        onChange={(event) => {
          setNaming(event.target.value === other);
          handleOnChange(event.target.value);
        }}
        className="control pr-7"
      >
        {plain.map((entry) => (
          <option key={entry.name} value={entry.name}>
            {entry.label}
          </option>
        ))}
        {custom && (
          <optgroup label="Custom fields">
            {names.map((entry) => (
              <option key={entry} value={fieldKey(custom.name, entry)}>
                {entry}
              </option>
            ))}
            <option value={other}>Custom field by name…</option>
          </optgroup>
        )}
      </select>
      {naming && (
        <input
          aria-label="Name of the custom field"
          placeholder="Name, as it is uploaded"
          maxLength={100}
          value={name}
          onChange={(event) => handleOnChange(fieldKey(field, event.target.value))}
          className="control"
        />
      )}
    </div>
  );
}

/** What the field is compared with, as its kind and the operator want it. */
export function ValueEditor({ field: key, operator, value, handleOnChange, context }: ValueEditorProps) {
  const { table, categories } = context as BuilderContext;
  const field = table.find(splitKey(key).field);
  const arity: Arity = table.operator(splitKey(key).field, operator)?.values ?? 'one';
  if (!field || arity === 'none') return null;
  if (field.kind === 'category')
    return categories.length === 0 ? (
      <span className={`text-table text-muted sm:py-2 ${place}`}>There are no categories yet; add them under Customers.</span>
    ) : (
      <ChoiceValue label="Category" plural="Categories" arity={arity} value={value} onChange={handleOnChange} choices={categories} />
    );
  if (field.choices) return <ChoiceValue label="Value" plural="Values" arity={arity} value={value} onChange={handleOnChange} choices={field.choices} />;
  const { name } = splitKey(key);
  const known = ['equal', 'not_equal', 'one_of'].includes(operator) ? table.known(field.name, name) : [];
  if (arity === 'many') return <ListValue value={value} onChange={handleOnChange} known={known} />;
  const suffix = isDays(field.kind) ? 'days' : '';
  const numeric = isDays(field.kind) ? 'numeric' : field.kind === 'amount' ? 'decimal' : undefined;
  const input = `control ${numeric ? 'sm:w-28' : 'sm:w-56'}`;
  const pair: string[] = Array.isArray(value) ? value.map(String) : [String(value ?? ''), ''];
  return (
    <div className={`flex items-center gap-2 ${place}`}>
      {arity === 'two' ? (
        ['From', 'To'].map((label, index) => (
          <input
            key={label}
            aria-label={label}
            inputMode={numeric}
            value={pair[index] ?? ''}
            onChange={(event) => handleOnChange(index === 0 ? [event.target.value, pair[1] ?? ''] : [pair[0] ?? '', event.target.value])}
            className={input}
          />
        ))
      ) : (
        <OneValue inputMode={numeric} value={pair[0] ?? ''} onChange={handleOnChange} known={known} className={input} />
      )}
      {suffix && <span className="text-table whitespace-nowrap text-muted">{suffix}</span>}
    </div>
  );
}

interface OneValueProps {
  inputMode: 'numeric' | 'decimal' | undefined;
  value: string;
  onChange: (value: string) => void;
  known: readonly string[];
  className: string;
}

/** One value; what the data has is offered while it is written. */
function OneValue({ inputMode, value, onChange, known, className }: OneValueProps) {
  const list = useId();
  return (
    <>
      <input
        aria-label="Value"
        inputMode={inputMode}
        maxLength={200}
        list={known.length > 0 ? list : undefined}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={className}
      />
      {known.length > 0 && (
        <datalist id={list}>
          {known.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  );
}

interface ListValueProps {
  value: unknown;
  onChange: (value: unknown) => void;
  known: readonly string[];
}

/** Several texts, one in a line: names may have commas in them, and a column of a spreadsheet can be pasted. */
function ListValue({ value, onChange, known }: ListValueProps) {
  const lines = Array.isArray(value) ? value.map(String) : String(value ?? '') === '' ? [] : [String(value)];
  const written = lines.map((line) => line.trim()).filter(Boolean);
  const left = known.filter((one) => !written.includes(one));
  return (
    <div className={`flex min-w-0 flex-wrap items-start gap-2 sm:flex-1 ${place}`}>
      <textarea
        aria-label="Values, one in a line"
        placeholder="One in a line"
        rows={Math.min(6, Math.max(2, lines.length + 1))}
        value={lines.join('\n')}
        onChange={(event) => onChange(event.target.value.split('\n'))}
        className="control h-auto! py-1.5 sm:w-56"
      />
      {left.length > 0 && (
        <div role="group" aria-label="Found in the data" className="flex max-h-28 min-w-0 flex-1 flex-wrap gap-1 overflow-y-auto sm:py-1">
          {left.map((one) => (
            <Button key={one} size="small" variant="quiet" icon={Plus} onClick={() => onChange([...written, one])}>
              {one}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}

interface ChoiceValueProps {
  label: string;
  plural: string;
  arity: Arity;
  value: unknown;
  onChange: (value: unknown) => void;
  choices: readonly Choice[];
}

function ChoiceValue({ label, plural, arity, value, onChange, choices }: ChoiceValueProps) {
  const chosen = (Array.isArray(value) ? value : [value]).map(String).filter(Boolean);
  if (arity === 'many') {
    return (
      <fieldset aria-label={plural} className={`flex max-h-40 min-w-0 flex-1 flex-wrap gap-x-3 gap-y-1 overflow-y-auto sm:py-2 ${place}`}>
        {choices.map((choice) => (
          <label key={choice.value} className="flex max-w-full items-center gap-1.5 [overflow-wrap:anywhere]">
            <input
              type="checkbox"
              className="size-4 shrink-0 accent-accent-fill"
              checked={chosen.includes(choice.value)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, choice.value] : chosen.filter((id) => id !== choice.value))}
            />
            {choice.label}
          </label>
        ))}
      </fieldset>
    );
  }
  const known = choices.some((choice) => choice.value === chosen[0]);
  return (
    <select aria-label={label} value={known ? chosen[0] : ''} onChange={(event) => onChange(event.target.value)} className={`control pr-7 sm:w-56 ${place}`}>
      <option value="">Choose a {label.toLowerCase()}</option>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}
