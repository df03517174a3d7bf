import { useQuery } from '@tanstack/react-query';
import { Navigate, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { templatesQuery } from '../../api/correspondence.ts';
import { categoriesQuery } from '../../api/customers.ts';
import { fieldsQuery, ruleQuery } from '../../api/reminders.ts';
import { Page } from '../../components/page.tsx';
import { Failure, PageSkeleton } from '../../components/states.tsx';
import { UnsavedQuestion } from '../../components/unsaved.tsx';
import { fieldTable } from './conditions.ts';
import { ActiveState, SavedRuleActions } from './rule-actions.tsx';
import { ConditionCards, NameCard, RuleBar, RuleMistakes } from './rule-form.tsx';
import { reminderRules } from './rule-kind.ts';
import { RuleSummary, TestPanel } from './rule-summary.tsx';
import { ScheduleCard } from './schedule-fields.tsx';
import { type RuleFormProps, useRuleDraft } from './use-rule-draft.ts';

/** A rule: its sentence, its two boxes, when it is asked, and whom it hits today. */
export function RulePage() {
  const { id = 'new' } = useParams({ strict: false }) as { id?: string };
  const isNew = id === 'new';
  const rule = useQuery({ ...ruleQuery(id), enabled: !isNew });
  const templates = useQuery(templatesQuery);
  const categories = useQuery(categoriesQuery);
  const fields = useQuery(fieldsQuery);
  const table = useMemo(() => fields.data && fieldTable(fields.data), [fields.data]);
  const broken = [rule, templates, categories, fields].find((query) => query.isError);
  if (broken) return <Failure error={broken.error} retry={() => void broken.refetch()} />;
  if ((!isNew && rule.isPending) || !templates.data || !categories.data || !table) return <PageSkeleton />;
  // a step is changed by its cadence
  if (rule.data?.cadenceId) return <Navigate to={`/reminders/cadences/${rule.data.cadenceId}` as never} replace />;
  return <RuleForm key={id} rule={rule.data ?? null} table={table} templates={templates.data.items} categories={categories.data} />;
}

function RuleForm(props: RuleFormProps) {
  const { rule, table, categories } = props;
  const form = useRuleDraft(props);
  return (
    <Page
      title={rule ? rule.name : 'New rule'}
      beside={rule && <ActiveState active={rule.active} />}
      back={{ label: 'Invoice reminders', to: '/reminders' }}
      actions={rule && <SavedRuleActions kind={reminderRules} rule={rule} form={form} />}
    >
      <div className="space-y-5">
        <RuleSummary form={form} ruleId={rule?.id ?? null} />
        <RuleMistakes form={form} />
        <NameCard form={form} templates={form.usable} placeholder="Overdue by a week" help="What the customer reads." />
        <ConditionCards
          form={form}
          table={table}
          categories={categories}
          invoices="To pick all invoices due in 3 days, set “Invoice due in (days)” to equal 3. Only open invoices are ever reminded of."
        />
        <ScheduleCard draft={form.draft} set={form.set} />
        <RuleBar form={form} test={(open, onClose) => <TestPanel draft={form.draft} open={open} onClose={onClose} />} />
        <UnsavedQuestion unsaved={form.unsaved} what="this rule" />
      </div>
    </Page>
  );
}
