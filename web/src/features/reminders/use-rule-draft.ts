import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { newKey } from '../../api/client.ts';
import { changeRule, createRule, type Rule, type RuleDraft, ruleQuery } from '../../api/reminders.ts';
import { done } from '../../components/toast.tsx';
import { useUnsaved } from '../../components/unsaved.tsx';
import { type FieldTable, type Group, incomplete, inOrder, startingCondition } from './conditions.ts';
import { everyDay, type RepeatDraft, repeatDraft, repeatMistakes, repeatOf, type Schedule, scheduleMistake } from './schedule.ts';

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
  const [draft, setDraft] = useState(() => draftOf(rule, standard?.id ?? ''));
  const [saved, setSaved] = useState(draft);
  // the version that is edited: what somebody else saves meanwhile is not overwritten unseen
  const [version, setVersion] = useState(rule?.version);
  const [problem, setProblem] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const [pending, setPending] = useState(false);
  // counts what was loaded: the builders start anew with it
  const [loaded, setLoaded] = useState(0);
  const [key] = useState(newKey);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const missing = missingIn(draft, table);
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const unsaved = useUnsaved(dirty);
  const fresh = async () => queries.fetchQuery({ ...ruleQuery(rule!.id), staleTime: 0 });
  const load = (next: Draft) => {
    setDraft(next);
    setSaved(next);
    setProblem(null);
    setTried(false);
    setLoaded(loaded + 1);
  };
  /** Takes over a rule as the server has it now. */
  const take = (next: Rule) => {
    setVersion(next.version);
    load(draftOf(next, ''));
  };
  const save = async (over = false) => {
    setTried(true);
    if (missing.all.length > 0) return;
    setPending(true);
    setProblem(null);
    try {
      const next = rule
        ? await changeRule(rule.id, { ...bodyOf(draft), version: over ? (await fresh()).version : version })
        : await createRule(bodyOf(draft), key);
      queries.setQueryData(ruleQuery(next.id).queryKey, next);
      await Promise.all(['rules', 'upcoming', 'rule-versions'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
      setSaved(draft);
      setVersion(next.version);
      unsaved.current = false;
      setTried(false);
      done(rule ? 'Rule saved.' : 'Rule saved, switched off. Test it, then switch it on.');
      if (!rule) void navigate({ to: `/reminders/rules/${next.id}` as never, replace: true });
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  return {
    draft,
    set: (change: Partial<Draft>) => setDraft({ ...draft, ...change }),
    dirty,
    unsaved,
    usable,
    missing,
    tried,
    problem,
    pending,
    loaded,
    save,
    reset: () => load(saved),
    take,
    loadAgain: async () => take(await fresh()),
  };
}

/** The value as it was when it last stood still for a moment. */
export function useSettled<T>(value: T, milliseconds: number): T {
  const text = JSON.stringify(value);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), milliseconds);
    return () => clearTimeout(timer);
  }, [text, milliseconds]);
  return JSON.parse(settled) as T;
}
