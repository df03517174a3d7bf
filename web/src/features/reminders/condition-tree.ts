import type { RuleGroupType, RuleType } from 'react-querybuilder';
import { type Condition, type FieldTable, type Group, isCustom, isDays, isGroup, type Scalar } from './conditions.ts';

/*
 * The builder's own form of a tree and ours: the same shape under other names. The builder tells its rows apart by `id`
 * and knows a field by one word, so the name of a custom field stands behind it: "customer_custom:Region".
 */
export const fieldKey = (field: string, name: string | undefined): string => (isCustom(field) ? `${field}:${name ?? ''}` : field);

export function splitKey(key: string): { field: string; name?: string } {
  const at = key.indexOf(':');
  return at < 0 ? { field: key } : { field: key.slice(0, at), name: key.slice(at + 1) };
}

let last = 0;
const newKey = (): string => `condition-${++last}`;

export const toQuery = (group: Group): RuleGroupType => ({
  id: newKey(),
  combinator: group.combinator,
  rules: group.conditions.map((node) =>
    isGroup(node) ? toQuery(node) : { id: newKey(), field: fieldKey(node.field, node.name), operator: node.operator, value: node.value ?? '' },
  ),
});

export function fromQuery(query: RuleGroupType, table: FieldTable): Group {
  return {
    combinator: query.combinator === 'or' ? 'or' : 'and',
    conditions: query.rules.filter((rule) => typeof rule === 'object').map((rule) => ('rules' in rule ? fromQuery(rule, table) : toCondition(rule, table))),
  };
}

function toCondition({ field: key, operator, value }: RuleType, table: FieldTable): Condition {
  const { field, name } = splitKey(key);
  const asked: Condition = { field, ...(name === undefined ? {} : { name: name.trim() }), operator };
  const arity = table.operator(field, operator)?.values ?? 'one';
  if (arity === 'none') return asked;
  const days = isDays(table.find(field)?.kind);
  const scalar = (entry: unknown): Scalar => {
    const text = String(entry ?? '').trim();
    return days && /^\d+$/.test(text) ? Number(text) : text;
  };
  const list: Scalar[] = (Array.isArray(value) ? value : [value]).map(scalar);
  if (arity === 'one') return { ...asked, value: list[0] ?? '' };
  if (arity === 'two') return { ...asked, value: [list[0] ?? '', list[1] ?? ''] };
  return { ...asked, value: list.filter((entry) => entry !== '') };
}

export const leaves = (query: RuleGroupType): RuleType[] =>
  query.rules.flatMap((rule) => (typeof rule !== 'object' ? [] : 'rules' in rule ? leaves(rule) : [rule]));

/**
 * After a field was changed: the operator and the value stay when they make sense for the new field ("due in equal 5"
 * becomes "overdue by equal 5"), and start anew when they do not.
 */
export function fitted(next: RuleGroupType, before: RuleGroupType, table: FieldTable, defaultOperator: (field: string) => string): RuleGroupType {
  const known = new Map(leaves(before).map((leaf) => [leaf.id, leaf]));
  const fit = (group: RuleGroupType): RuleGroupType => ({
    ...group,
    rules: group.rules.map((rule) => {
      if (typeof rule !== 'object') return rule;
      if ('rules' in rule) return fit(rule);
      const old = known.get(rule.id);
      if (!old || old.field === rule.field) return rule;
      const { field } = splitKey(rule.field);
      const kept = table.find(splitKey(old.field).field)?.kind === table.find(field)?.kind;
      const operator = table.operator(field, rule.operator) ? rule.operator : defaultOperator(rule.field);
      return { ...rule, operator, value: kept && operator === rule.operator ? rule.value : '' };
    }),
  });
  return fit(next);
}
