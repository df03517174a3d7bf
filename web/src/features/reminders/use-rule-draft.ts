import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { changeRule, createRule, readRule, type Rule, type RuleDraft } from '../../api/reminders.ts';
import { type FieldTable, type Group, incomplete, inOrder, startingCondition } from './conditions.ts';
import { reminderRules } from './rule-kind.ts';
import { everyDay, type RepeatDraft, repeatDraft, repeatMistakes, repeatOf, type Schedule, scheduleMistake } from './schedule.ts';
import { useFormDraft } from './use-form-draft.ts';

export interface Draft {
  name: string;
  templateId: string;
  customerCondition: Group;
  invoiceCondition: Group;
  schedule: Schedule;
  repeat: RepeatDraft;
}

export interface RuleFormProps {
  rule: Rule | null;
  table: FieldTable;
  templates: readonly { id: string; name: string; isDefault: boolean; archived: boolean }[];
  categories: readonly { id: string; name: string }[];
}

/** A saved rule as it can be edited; a new one picks everybody and what is due in 3 days, as the guide's hint has it. */
const draftOf = (rule: Rule | null, templateId: string): Draft => ({
  name: rule?.name ?? '',
  templateId: rule?.templateId ?? templateId,
  customerCondition: rule ? inOrder(rule.customerCondition as Group) : { combinator: 'and', conditions: [startingCondition('customer')] },
  invoiceCondition: rule ? inOrder(rule.invoiceCondition as Group) : { combinator: 'and', conditions: [startingCondition('invoice')] },
  schedule: rule ? { days: rule.schedule.days, hour: rule.schedule.hour, holidays: rule.schedule.holidays } : everyDay,
  repeat: repeatDraft(rule?.repeat ?? null),
});

/** What the API is asked with; a repetition that cannot be read yet is left out. */
export const bodyOf = (draft: Draft): RuleDraft =>
  ({ ...draft, name: draft.name.trim(), repeat: repeatOf(draft.repeat) ?? null, schedule: draft.schedule }) as RuleDraft;

/** What a test needs of a rule: neither its name nor its mail. */
export const askedOf = ({ name: _, templateId: __, ...asked }: RuleDraft) => asked;

function missingIn(draft: Draft, table: FieldTable) {
  const repeat = repeatMistakes(draft.repeat);
  const asked = [
    incomplete('customer', draft.customerCondition, table),
    incomplete('invoice', draft.invoiceCondition, table),
    scheduleMistake(draft.schedule),
    repeat.everyDays ? `Repeat every: ${repeat.everyDays}` : null,
    repeat.limit ? `Repeat at most: ${repeat.limit}` : null,
  ].filter((text) => text !== null);
  const named = [draft.name.trim() ? null : 'Write a name for the rule.', draft.templateId ? null : 'Choose a template.'];
  return { asked: asked[0] ?? null, all: [...named.filter((text) => text !== null), ...asked] };
}

export type RuleFormState = ReturnType<typeof useRuleDraft>;

/** What was typed, what is missing, saving, and going back to what is saved. */
export function useRuleDraft({ rule, table, templates }: RuleFormProps) {
  const usable = templates.filter((template) => !template.archived || template.id === rule?.templateId);
  const standard = usable.find((template) => template.isDefault) ?? usable[0];
  const [key] = useState(newKey);
  const form = useFormDraft<Draft, Rule>({
    kind: reminderRules,
    rule,
    draftOf: (from) => draftOf(from, standard?.id ?? ''),
    missingIn: (draft) => missingIn(draft, table),
    read: readRule,
    write: (draft, version) => (rule ? changeRule(rule.id, { ...bodyOf(draft), version }) : createRule(bodyOf(draft), key)),
  });
  return { ...form, usable };
}
