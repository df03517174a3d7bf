import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { newKey } from '../../api/client.ts';
import { categoriesQuery } from '../../api/customers.ts';
import { fieldsQuery } from '../../api/reminders.ts';
import {
  changeStatementRule,
  createStatementRule,
  readStatementRule,
  type StatementRule,
  type StatementRuleDraft,
  statementRuleQuery,
  statementSentenceQuery,
  statementTemplatesQuery,
} from '../../api/statements.ts';
import { CheckField, RadioField } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Failure, PageSkeleton } from '../../components/states.tsx';
import { UnsavedQuestion } from '../../components/unsaved.tsx';
import { type FieldTable, fieldTable, type Group, incomplete, inOrder } from '../reminders/conditions.ts';
import { ActiveState, SavedRuleActions } from '../reminders/rule-actions.tsx';
import { ConditionCards, NameCard, RuleBar, RuleMistakes, RuleSentence } from '../reminders/rule-form.tsx';
import { useFormDraft, useSettled } from '../reminders/use-form-draft.ts';
import { statementRules } from './rule-kind.ts';
import { scheduleMistake } from './schedule.ts';
import { ScheduleFields } from './schedule-fields.tsx';
import { StatementTestPanel } from './test-panel.tsx';

type Draft = Omit<Required<StatementRuleDraft>, 'customerCondition' | 'invoiceCondition'> & { customerCondition: Group; invoiceCondition: Group };

interface FormProps {
  rule: StatementRule | null;
  table: FieldTable;
  templates: readonly { id: string; name: string; isDefault: boolean; archived: boolean; kind?: string }[];
  categories: readonly { id: string; name: string }[];
}

const draftOf = (rule: StatementRule | null, templateId: string): Draft => ({
  name: rule?.name ?? '',
  templateId: rule?.templateId ?? templateId,
  customerCondition: rule ? inOrder(rule.customerCondition as Group) : { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] },
  invoiceCondition: rule
    ? inOrder(rule.invoiceCondition as Group)
    : { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'between', value: [0, 300] }] },
  schedule: rule?.schedule ?? { period: 'monthly', days: [1], holidays: 'ignore', hour: null },
  kind: rule?.kind ?? 'open_item',
  family: rule?.family ?? 'separate',
  showCredits: rule?.showCredits ?? true,
  skipZero: rule?.skipZero ?? true,
  skipCredit: rule?.skipCredit ?? true,
  attachXlsx: rule?.attachXlsx ?? false,
});

const bodyOf = (draft: Draft) => ({ ...draft, name: draft.name.trim() }) as StatementRuleDraft;

/** A statement rule: its sentence, who and what, when, and how the statements look. */
export function StatementRulePage() {
  const { id = 'new' } = useParams({ strict: false }) as { id?: string };
  const isNew = id === 'new';
  const rule = useQuery({ ...statementRuleQuery(id), enabled: !isNew });
  const templates = useQuery(statementTemplatesQuery);
  const categories = useQuery(categoriesQuery);
  const fields = useQuery(fieldsQuery);
  const table = useMemo(() => fields.data && fieldTable(fields.data), [fields.data]);
  const broken = [rule, templates, categories, fields].find((query) => query.isError);
  if (broken) return <Failure error={broken.error} retry={() => void broken.refetch()} />;
  if ((!isNew && rule.isPending) || !templates.data || !categories.data || !table) return <PageSkeleton />;
  return <RuleForm key={id} rule={rule.data ?? null} table={table} templates={templates.data} categories={categories.data} />;
}

function missingIn(draft: Draft, table: FieldTable) {
  const asked = [
    incomplete('customer', draft.customerCondition, table),
    incomplete('invoice', draft.invoiceCondition, table),
    scheduleMistake(draft.schedule),
  ].filter((text) => text !== null);
  const named = [draft.name.trim() ? null : 'Write a name for the rule.', draft.templateId ? null : 'Choose a template.'].filter((text) => text !== null);
  return { asked: asked[0] ?? null, all: [...named, ...asked] };
}

function RuleForm({ rule, table, templates, categories }: FormProps) {
  const usable = templates.filter((template) => (!template.archived && template.kind !== 'letter') || template.id === rule?.templateId);
  const standard = usable.find((template) => template.kind === 'statement') ?? usable.find((template) => template.isDefault) ?? usable[0];
  const [key] = useState(newKey);
  const form = useFormDraft<Draft, StatementRule>({
    kind: statementRules,
    rule,
    draftOf: (from) => draftOf(from, standard?.id ?? ''),
    missingIn: (draft) => missingIn(draft, table),
    read: readStatementRule,
    write: (draft, version) => (rule ? changeStatementRule(rule.id, { ...bodyOf(draft), version }) : createStatementRule(bodyOf(draft), key)),
  });
  const { draft, set, tried } = form;
  const sentence = useQuery(statementSentenceQuery(useSettled(bodyOf(draft), 200)));
  return (
    <Page
      title={rule ? rule.name : 'New statement rule'}
      beside={rule && <ActiveState active={rule.active} />}
      back={{ label: 'Statements', to: '/statements' }}
      actions={rule && <SavedRuleActions kind={statementRules} rule={rule} form={form} />}
    >
      <div className="space-y-5">
        <RuleSentence sentence={sentence} />
        <RuleMistakes form={form} />
        <NameCard form={form} templates={usable} placeholder="First of the month" help="The statement is attached as a PDF." />
        <Card title="Send statements on">
          <ScheduleFields value={draft.schedule} onChange={(schedule) => set({ schedule })} mistake={tried ? scheduleMistake(draft.schedule) : null} />
        </Card>
        <ConditionCards
          form={form}
          table={table}
          categories={categories}
          invoices="Only open invoices stand on a statement. A balance forward lists everything of the customers who have one of these."
        />
        <LookCard draft={draft} set={set} />
        <RuleBar form={form} test={(open, onClose) => <StatementTestPanel open={open} onClose={onClose} body={bodyOf(draft)} />} />
        <UnsavedQuestion unsaved={form.unsaved} what="this rule" />
      </div>
    </Page>
  );
}

function LookCard({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  return (
    <Card title="The statement">
      <div className="grid gap-x-10 gap-y-5 lg:grid-cols-2">
        <RadioField
          label="Kind"
          value={draft.kind}
          onChange={(kind) => set({ kind: kind as Draft['kind'] })}
          choices={[
            { value: 'open_item', label: 'Open items: every invoice that is owed' },
            { value: 'balance_forward', label: 'Balance forward: what moved the balance since the last one' },
          ]}
        />
        <RadioField
          label="Children of a parent customer"
          value={draft.family}
          onChange={(family) => set({ family: family as Draft['family'] })}
          choices={[
            { value: 'separate', label: 'Get statements of their own' },
            { value: 'with_parent', label: 'Stand on the statement of their parent' },
          ]}
        />
        <div className="space-y-3">
          {draft.kind === 'open_item' && (
            <CheckField
              label="List open credits and take them off"
              help="Credit memos, payments on account and payments not yet applied."
              checked={draft.showCredits}
              onChange={(showCredits) => set({ showCredits })}
            />
          )}
          <CheckField
            label="Attach a spreadsheet too"
            help="The same lines as XLSX, beside the PDF."
            checked={draft.attachXlsx}
            onChange={(attachXlsx) => set({ attachXlsx })}
          />
        </div>
        <div className="space-y-3">
          <CheckField label="None for customers who owe nothing" checked={draft.skipZero} onChange={(skipZero) => set({ skipZero })} />
          <CheckField label="None for customers whom we owe" checked={draft.skipCredit} onChange={(skipCredit) => set({ skipCredit })} />
        </div>
      </div>
    </Card>
  );
}
