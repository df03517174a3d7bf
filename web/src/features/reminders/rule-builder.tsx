import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import {
  type ActionProps,
  type CombinatorSelectorProps,
  type FieldSelectorProps,
  type OperatorSelectorProps,
  QueryBuilder,
  type RuleGroupType,
  type RuleType,
  type ValueEditorProps,
} from 'react-querybuilder';
import { Button, IconButton } from '../../components/button.tsx';
import type { Choice } from '../../components/field.tsx';
import { arityOf, type Box, type Condition, fields, type Group, isGroup, kindOf, operatorLabels, operatorsOf, type Scalar } from './conditions.ts';

/** The builder's own form of a tree and ours: the same shape under other names. */
const toQuery = (group: Group): RuleGroupType => ({
  combinator: group.combinator,
  rules: group.conditions.map((node) => (isGroup(node) ? toQuery(node) : { field: node.field, operator: node.operator, value: node.value ?? '' })),
});

function fromQuery(query: RuleGroupType): Group {
  return {
    combinator: query.combinator === 'or' ? 'or' : 'and',
    conditions: query.rules.filter((rule) => typeof rule === 'object').map((rule) => ('rules' in rule ? fromQuery(rule) : condition(rule))),
  };
}

function condition({ field, operator, value }: RuleType): Condition {
  const arity = arityOf(operator);
  if (arity === 'none') return { field, operator };
  const kind = kindOf(field);
  const scalar = (entry: unknown): Scalar => {
    const text = String(entry ?? '').trim();
    return (kind === 'days' || kind === 'last_emailed') && /^\d+$/.test(text) ? Number(text) : text;
  };
  const list: Scalar[] = (Array.isArray(value) ? value : [value]).map(scalar);
  if (arity === 'one') return { field, operator, value: list[0] ?? '' };
  if (arity === 'two') return { field, operator, value: [list[0] ?? '', list[1] ?? ''] };
  return { field, operator, value: list.filter((entry) => entry !== '') };
}

interface RuleBuilderProps {
  box: Box;
  value: Group;
  onChange: (value: Group) => void;
  categories: readonly Choice[];
}

/**
 * One box of a rule: conditions joined by AND or OR, and for invoices nested groups. Keyboard and screen reader reach
 * every control in reading order. The tree is kept inside, so that typing never loses its place; give a new `key` to
 * load another tree.
 */
export function RuleBuilder({ box, value, onChange, categories }: RuleBuilderProps) {
  const [query, setQuery] = useState(() => toQuery(value));
  const choices = Object.entries(fields).filter(([, field]) => field.box === box);
  // the library's landmark has no name of its own, and there are two of them on the page
  const name = (wrapper: HTMLDivElement | null) =>
    wrapper?.querySelector('[role=form]')?.setAttribute('aria-label', box === 'customer' ? 'Conditions on customers' : 'Conditions on invoices');
  return (
    <div ref={name}>
      <QueryBuilder
        query={query}
        onQueryChange={(next: RuleGroupType) => {
          setQuery(next);
          onChange(fromQuery(next));
        }}
        context={{ box, categories }}
        fields={choices.map(([name, field]) => ({ name, label: field.label }))}
        getDefaultField={box === 'customer' ? 'customer_category' : 'overdue_by'}
        getOperators={(field: string) => operatorsOf(field).map((name) => ({ name, label: operatorLabels[name] ?? name }))}
        getDefaultOperator={(field: string) => (operatorsOf(field).includes('equal') ? 'equal' : (operatorsOf(field)[0] ?? 'equal'))}
        getDefaultValue={() => ''}
        addRuleToNewGroups
        maxLevels={4}
        controlElements={{
          combinatorSelector: Combinator,
          fieldSelector: Chooser,
          operatorSelector: Chooser,
          valueEditor: ValueEditor,
          addRuleAction: AddCondition,
          addGroupAction: box === 'invoice' ? AddGroup : null,
          removeRuleAction: RemoveCondition,
          removeGroupAction: RemoveGroup,
        }}
        controlClassnames={{
          ruleGroup: 'rounded-md border border-border bg-surface p-3 [&_&]:mt-2',
          header: 'flex flex-wrap items-center gap-2',
          body: 'mt-2 space-y-2',
          rule: 'grid grid-cols-[minmax(0,1fr)_auto] gap-2 sm:flex sm:flex-wrap sm:items-center',
        }}
      />
    </div>
  );
}

function Combinator({ value, handleOnChange }: CombinatorSelectorProps) {
  const words = [
    ['and', 'AND', 'All of these must hold'],
    ['or', 'OR', 'Any of these is enough'],
  ] as const;
  return (
    <div role="group" aria-label="Join the conditions with" className="mr-auto flex rounded-md bg-sunken p-0.5">
      {words.map(([name, label, meaning]) => (
        <button
          key={name}
          type="button"
          title={meaning}
          aria-pressed={value === name}
          onClick={() => handleOnChange(name)}
          className="h-7 rounded px-3 text-label font-medium text-muted aria-pressed:bg-raised aria-pressed:text-text aria-pressed:shadow-raised max-sm:h-10"
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function Chooser(props: FieldSelectorProps | OperatorSelectorProps) {
  const isOperator = 'field' in props && props.field !== undefined;
  const options = props.options as unknown as readonly { name: string; label: string }[];
  return (
    <select
      aria-label={isOperator ? 'Comparison' : 'Field'}
      value={props.value}
      onChange={(event) => props.handleOnChange(event.target.value)}
      className={`control pr-7 ${isOperator ? 'sm:w-44' : 'sm:w-64'} max-sm:col-span-1 ${isOperator ? 'max-sm:order-3 max-sm:col-span-2' : ''}`}
    >
      {options.map((option) => (
        <option key={option.name} value={option.name}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

function ValueEditor({ field, operator, value, handleOnChange, context }: ValueEditorProps) {
  const arity = arityOf(operator);
  const kind = kindOf(field);
  const categories = (context as { categories: readonly Choice[] }).categories;
  if (arity === 'none') return null;
  const place = 'max-sm:order-4 max-sm:col-span-2';
  if (kind === 'category') return <CategoryValue arity={arity} value={value} onChange={handleOnChange} categories={categories} place={place} />;
  const numeric = kind === 'days' || kind === 'last_emailed' ? ('numeric' as const) : kind === 'amount' ? ('decimal' as const) : undefined;
  const suffix = kind === 'last_emailed' ? 'days ago' : kind === 'days' ? 'days' : '';
  const width = numeric ? 'sm:w-28' : 'sm:w-56';
  if (arity === 'two') {
    const pair: string[] = Array.isArray(value) ? value.map(String) : [String(value ?? ''), ''];
    return (
      <div className={`flex items-center gap-2 ${place}`}>
        {['From', 'To'].map((label, index) => (
          <input
            key={label}
            aria-label={label}
            inputMode={numeric}
            value={pair[index] ?? ''}
            onChange={(event) => handleOnChange(index === 0 ? [event.target.value, pair[1] ?? ''] : [pair[0] ?? '', event.target.value])}
            className={`control ${width}`}
          />
        ))}
        {suffix && <span className="text-table text-muted">{suffix}</span>}
      </div>
    );
  }
  const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
  return (
    <div className={`flex items-center gap-2 ${place}`}>
      <input
        aria-label="Value"
        inputMode={numeric}
        placeholder={arity === 'many' ? 'A, B, C' : undefined}
        value={text}
        onChange={(event) => handleOnChange(arity === 'many' ? event.target.value.split(/,\s?/) : event.target.value)}
        className={`control ${width}`}
      />
      {suffix && <span className="text-table text-muted">{suffix}</span>}
    </div>
  );
}

interface CategoryValueProps {
  arity: string;
  value: unknown;
  onChange: (value: unknown) => void;
  categories: readonly Choice[];
  place: string;
}

function CategoryValue({ arity, value, onChange, categories, place }: CategoryValueProps) {
  const chosen = (Array.isArray(value) ? value : [value]).map(String).filter(Boolean);
  if (categories.length === 0) return <span className={`text-table text-muted ${place}`}>There are no categories yet; add them under Customers.</span>;
  if (arity === 'many') {
    return (
      <fieldset aria-label="Categories" className={`flex flex-wrap gap-x-3 gap-y-1 ${place}`}>
        {categories.map((category) => (
          <label key={category.value} className="flex items-center gap-1.5">
            <input
              type="checkbox"
              className="size-4 accent-accent-fill"
              checked={chosen.includes(category.value)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, category.value] : chosen.filter((id) => id !== category.value))}
            />
            {category.label}
          </label>
        ))}
      </fieldset>
    );
  }
  return (
    <select aria-label="Category" value={chosen[0] ?? ''} onChange={(event) => onChange(event.target.value)} className={`control pr-7 sm:w-56 ${place}`}>
      <option value="">Choose a category</option>
      {categories.map((category) => (
        <option key={category.value} value={category.value}>
          {category.label}
        </option>
      ))}
    </select>
  );
}

const AddCondition = ({ handleOnClick }: ActionProps) => (
  <Button size="small" icon={Plus} onClick={handleOnClick as never}>
    Condition
  </Button>
);

const AddGroup = ({ handleOnClick, level }: ActionProps) =>
  level >= 4 ? null : (
    <Button size="small" icon={Plus} onClick={handleOnClick as never}>
      Group
    </Button>
  );

const RemoveCondition = ({ handleOnClick }: ActionProps) => (
  <IconButton icon={Trash2} size="small" label="Remove this condition" onClick={handleOnClick as never} className="max-sm:order-2" />
);
const RemoveGroup = ({ handleOnClick }: ActionProps) => <IconButton icon={Trash2} size="small" label="Remove this group" onClick={handleOnClick as never} />;
