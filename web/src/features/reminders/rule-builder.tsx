import { Plus, Trash2 } from 'lucide-react';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { type ActionProps, type CombinatorSelectorProps, type OperatorSelectorProps, QueryBuilder, type RuleGroupType } from 'react-querybuilder';
import { Button, IconButton } from '../../components/button.tsx';
import type { Choice } from '../../components/field.tsx';
import { fitted, fromQuery, leaves, splitKey, toQuery } from './condition-tree.ts';
import { FieldChooser, type BuilderContext, ValueEditor } from './condition-row.tsx';
import type { Box, FieldTable, Group } from './conditions.ts';

interface RuleBuilderProps {
  box: Box;
  table: FieldTable;
  value: Group;
  onChange: (value: Group) => void;
  categories: readonly Choice[];
}

/**
 * One box of a rule: conditions joined by AND or OR, and nested groups of them. Keyboard and screen reader reach every
 * control in reading order. The tree is kept inside, so that typing never loses its place; give a new `key` to load
 * another tree.
 */
export function RuleBuilder({ box, table, value, onChange, categories }: RuleBuilderProps) {
  const [query, setQuery] = useState(() => toQuery(value));
  const frame = useRef<HTMLDivElement>(null);
  useFocusAfterChange(frame, query);
  const operators = (key: string) => table.find(splitKey(key).field)?.operators ?? [];
  const defaultOperator = (key: string) => (operators(key).find((entry) => entry.name === 'equal') ?? operators(key)[0])?.name ?? 'equal';
  // the library's landmark has no name of its own, and there are two of them on the page
  useEffect(() => {
    frame.current?.querySelector('[role=form]')?.setAttribute('aria-label', box === 'customer' ? 'Conditions on customers' : 'Conditions on invoices');
  }, [box]);
  return (
    <div ref={frame}>
      <QueryBuilder
        query={query}
        onQueryChange={(next: RuleGroupType) => {
          const fitting = fitted(next, query, table, defaultOperator);
          setQuery(fitting);
          onChange(fromQuery(fitting, table));
        }}
        context={{ box, table, categories } satisfies BuilderContext}
        fields={table.of(box).map((field) => ({ name: field.name, label: field.label }))}
        getDefaultField={box === 'customer' ? 'customer_category' : 'overdue_by'}
        getOperators={(key: string) => operators(key).map(({ name, label }) => ({ name, label }))}
        getDefaultOperator={defaultOperator}
        getDefaultValue={() => ''}
        resetOnFieldChange={false}
        addRuleToNewGroups
        maxLevels={table.limits.depth - 1}
        controlElements={{
          combinatorSelector: Combinator,
          fieldSelector: FieldChooser,
          operatorSelector: OperatorChooser,
          valueEditor: ValueEditor,
          addRuleAction: AddRule,
          addGroupAction: AddGroup,
          removeRuleAction: RemoveRule,
          removeGroupAction: RemoveGroup,
        }}
        controlClassnames={{
          ruleGroup: 'rounded-md border border-border bg-surface p-3 [&_&]:mt-2',
          header: 'flex flex-wrap items-center gap-2',
          body: 'mt-2 space-y-2 max-sm:divide-y max-sm:divide-border max-sm:[&>*+*]:pt-3',
          rule: 'grid grid-cols-[minmax(0,1fr)_auto] gap-2 sm:flex sm:flex-wrap sm:items-start',
        }}
      />
    </div>
  );
}

/** What was added gets the focus; after a removal it goes to the button that adds again. */
function useFocusAfterChange(frame: RefObject<HTMLDivElement | null>, query: RuleGroupType): void {
  const known = useRef(new Set(leaves(query).map((leaf) => leaf.id)));
  useEffect(() => {
    const ids = leaves(query).map((leaf) => leaf.id);
    const added = ids.find((id) => !known.current.has(id));
    const removed = ids.length < known.current.size;
    known.current = new Set(ids);
    if (added) frame.current?.querySelector<HTMLElement>(`[data-rule-id="${added}"] select`)?.focus();
    else if (removed) frame.current?.querySelector<HTMLElement>('[data-add-rule]')?.focus();
  }, [frame, query]);
}

function Combinator({ value, handleOnChange }: CombinatorSelectorProps) {
  const words = [
    ['and', 'AND', 'All of these must hold'],
    ['or', 'OR', 'Any of these is enough'],
  ] as const;
  return (
    <div role="group" aria-label="Join the rules with" className="mr-auto flex rounded-md bg-sunken p-0.5">
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

function OperatorChooser(props: OperatorSelectorProps) {
  const options = props.options as unknown as readonly { name: string; label: string }[];
  return (
    <select
      aria-label="Comparison"
      value={props.value}
      onChange={(event) => props.handleOnChange(event.target.value)}
      className="control pr-7 max-sm:order-3 max-sm:col-span-2 sm:w-60"
    >
      {options.map((option) => (
        <option key={option.name} value={option.name}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

const AddRule = ({ handleOnClick }: ActionProps) => (
  <Button size="small" icon={Plus} className="max-sm:px-1.5" data-add-rule onClick={handleOnClick as never}>
    Add rule
  </Button>
);

const AddGroup = ({ handleOnClick, level, context }: ActionProps) =>
  level >= (context as BuilderContext).table.limits.depth - 1 ? null : (
    <Button size="small" icon={Plus} className="max-sm:px-1.5" onClick={handleOnClick as never}>
      Add group
    </Button>
  );

const RemoveRule = ({ handleOnClick }: ActionProps) => (
  <IconButton icon={Trash2} size="small" label="Remove this rule" onClick={handleOnClick as never} className="max-sm:order-2 sm:mt-0.5 sm:ml-auto" />
);
const RemoveGroup = ({ handleOnClick }: ActionProps) => <IconButton icon={Trash2} size="small" label="Remove this group" onClick={handleOnClick as never} />;
