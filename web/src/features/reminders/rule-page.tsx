import { useQuery } from '@tanstack/react-query';
import { Navigate, useNavigate, useParams } from '@tanstack/react-router';
import { Copy, History, MoreHorizontal, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { templatesQuery } from '../../api/correspondence.ts';
import { categoriesQuery } from '../../api/customers.ts';
import { ApiProblem } from '../../api/problem.ts';
import { fieldsQuery, type Rule, ruleQuery } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton, LinkButton } from '../../components/button.tsx';
import { ErrorSummary, SelectField, TextField } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Note, Page } from '../../components/page.tsx';
import { ChangedMeanwhile, Failure, InlineError, isChangedMeanwhile, PageSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { UnsavedQuestion } from '../../components/unsaved.tsx';
import { fieldTable } from './conditions.ts';
import { DeleteRuleDialog, useRuleActions } from './rule-actions.tsx';
import { RuleBuilder } from './rule-builder.tsx';
import { RuleBar, RuleSummary } from './rule-summary.tsx';
import { RuleVersions } from './rule-versions.tsx';
import { ScheduleCard } from './schedule-fields.tsx';
import { type RuleFormProps, type RuleFormState, useRuleDraft } from './use-rule-draft.ts';

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
  const { draft, set, usable, missing, tried, problem, loaded } = form;
  const choices = useMemo(() => categories.map((category) => ({ value: category.id, label: category.name })), [categories]);
  const serverErrors = problem instanceof ApiProblem ? problem.errors.map((error) => error.message) : [];
  return (
    <Page
      title={rule ? rule.name : 'New rule'}
      beside={rule && <ActiveState rule={rule} />}
      back={{ label: 'Invoice reminders', to: '/reminders' }}
      actions={rule && <SavedRuleActions rule={rule} form={form} />}
    >
      <div className="space-y-5">
        <RuleSummary form={form} ruleId={rule?.id ?? null} />
        {tried && missing.all.length > 0 && <ErrorSummary errors={missing.all} />}
        {serverErrors.length > 0 && <ErrorSummary errors={[...new Set(serverErrors)]} />}
        {isChangedMeanwhile(problem) ? (
          <ChangedMeanwhile problem={problem} load={form.loadAgain} overwrite={() => form.save(true)} />
        ) : (
          serverErrors.length === 0 && problem !== null && <InlineError error={problem} />
        )}
        <Card>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="Rule name"
              maxLength={200}
              value={draft.name}
              onChange={(name) => set({ name })}
              error={tried && !draft.name.trim() ? 'Write a name for the rule.' : undefined}
              placeholder="Overdue by a week"
            />
            <SelectField
              label="E-mail template"
              value={draft.templateId}
              onChange={(templateId) => set({ templateId })}
              choices={usable.map((template) => ({ value: template.id, label: template.name }))}
              help="What the customer reads."
            />
          </div>
          {usable.length === 0 && <NoTemplate />}
        </Card>
        <Card title="Select customers" lead="To pick all customers, set “Customer category” to “all customers”.">
          <RuleBuilder
            key={loaded}
            box="customer"
            table={table}
            value={draft.customerCondition}
            onChange={(customerCondition) => set({ customerCondition })}
            categories={choices}
          />
        </Card>
        <Card
          title="Select invoices"
          lead="To pick all invoices due in 3 days, set “Invoice due in (days)” to equal 3. Only open invoices are ever reminded of."
        >
          <RuleBuilder
            key={loaded}
            box="invoice"
            table={table}
            value={draft.invoiceCondition}
            onChange={(invoiceCondition) => set({ invoiceCondition })}
            categories={choices}
          />
        </Card>
        <ScheduleCard draft={draft} set={set} />
        <RuleBar form={form} isNew={rule === null} />
        <UnsavedQuestion unsaved={form.unsaved} what="this rule" />
      </div>
    </Page>
  );
}

const ActiveState = ({ rule }: { rule: Rule }) =>
  rule.active ? (
    <Status tone="positive" icon="done">
      On
    </Status>
  ) : (
    <Status icon="none">Off</Status>
  );

const NoTemplate = () => (
  <div className="mt-4 flex flex-wrap items-center gap-3">
    <Note tone="caution">There is no template yet.</Note>
    <LinkButton to="/emails/templates/$id" params={{ id: 'new' }} size="small">
      Write a template
    </LinkButton>
  </div>
);

function SavedRuleActions({ rule, form }: { rule: Rule; form: RuleFormState }) {
  const { dirty } = form;
  const actions = useRuleActions(rule);
  const navigate = useNavigate();
  const refusal = useRefusal('reminders.write');
  const [pending, setPending] = useState(false);
  const [history, setHistory] = useState(false);
  const [removing, setRemoving] = useState(false);
  return (
    <>
      <Button
        pending={pending}
        blockedBecause={refusal ?? (dirty && !rule.active ? 'Save the changes first.' : undefined)}
        onClick={() => {
          setPending(true);
          void actions.set(!rule.active).finally(() => setPending(false));
        }}
      >
        {rule.active ? 'Switch off' : 'Switch on'}
      </Button>
      <Button icon={History} onClick={() => setHistory(true)}>
        Versions
      </Button>
      <Menu
        trigger={<IconButton icon={MoreHorizontal} label="More actions" variant="secondary" />}
        actions={[
          { label: 'Duplicate', icon: Copy, onSelect: () => void actions.copy(), blockedBecause: refusal },
          { label: 'Delete', icon: Trash2, danger: true, onSelect: () => setRemoving(true), blockedBecause: refusal },
        ]}
      />
      <RuleVersions rule={rule} open={history} onClose={() => setHistory(false)} dirty={dirty} onRestored={form.take} />
      <DeleteRuleDialog
        rule={rule}
        open={removing}
        onClose={() => setRemoving(false)}
        remove={async () => {
          await actions.remove();
          form.unsaved.current = false;
          void navigate({ to: '/reminders' });
        }}
      />
    </>
  );
}
