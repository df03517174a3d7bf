import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { FlaskConical, RotateCcw } from 'lucide-react';
import { useMemo, useState } from 'react';
import { newKey } from '../../api/client.ts';
import { categoriesQuery } from '../../api/customers.ts';
import { ApiProblem } from '../../api/problem.ts';
import { fieldsQuery } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import {
  changeStatementRule,
  createStatementRule,
  type StatementRule,
  type StatementRuleDraft,
  statementRuleQuery,
  statementSentenceQuery,
  statementTemplatesQuery,
} from '../../api/statements.ts';
import { Button } from '../../components/button.tsx';
import { CheckField, ErrorSummary, RadioField, SelectField, TextField } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { ChangedMeanwhile, Failure, InlineError, isChangedMeanwhile, PageSkeleton, Skeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { UnsavedQuestion, useUnsaved } from '../../components/unsaved.tsx';
import { type FieldTable, fieldTable, type Group, incomplete, inOrder } from '../reminders/conditions.ts';
import { RuleBuilder } from '../reminders/rule-builder.tsx';
import { useSettled } from '../reminders/use-rule-draft.ts';
import { useStatementRuleActions } from './rule-actions.ts';
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
  schedule: rule?.schedule ?? { period: 'monthly', days: [1], holidays: 'ignore' },
  kind: rule?.kind ?? 'open_item',
  family: rule?.family ?? 'separate',
  showCredits: rule?.showCredits ?? true,
  skipZero: rule?.skipZero ?? true,
  skipCredit: rule?.skipCredit ?? true,
  attachXlsx: rule?.attachXlsx ?? false,
});

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
  return { asked: asked[0], all: [...named, ...asked] };
}

function RuleForm({ rule, table, templates, categories }: FormProps) {
  const usable = templates.filter((template) => (!template.archived && template.kind !== 'letter') || template.id === rule?.templateId);
  const standard = usable.find((template) => template.kind === 'statement') ?? usable.find((template) => template.isDefault) ?? usable[0];
  const [draft, setDraft] = useState(() => draftOf(rule, standard?.id ?? ''));
  const [saved, setSaved] = useState(draft);
  // the version that is edited: what somebody else saves meanwhile is not overwritten unseen
  const [version, setVersion] = useState(rule?.version);
  const [problem, setProblem] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const [pending, setPending] = useState(false);
  const [testing, setTesting] = useState(false);
  const [loaded, setLoaded] = useState(0);
  const [key] = useState(newKey);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refusal = useRefusal('statements.write');
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const missing = missingIn(draft, table);
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const unsaved = useUnsaved(dirty);
  const choices = useMemo(() => categories.map((category) => ({ value: category.id, label: category.name })), [categories]);
  const serverErrors = problem instanceof ApiProblem ? problem.errors.map((error) => error.message) : [];
  const body = { ...draft, name: draft.name.trim() } as StatementRuleDraft;
  const fresh = async () => queries.fetchQuery({ ...statementRuleQuery(rule!.id), staleTime: 0 });
  const save = async (over = false) => {
    setTried(true);
    if (missing.all.length > 0) return;
    setPending(true);
    setProblem(null);
    try {
      const next = rule
        ? await changeStatementRule(rule.id, { ...body, version: over ? (await fresh()).version : version })
        : await createStatementRule(body, key);
      queries.setQueryData(statementRuleQuery(next.id).queryKey, next);
      await queries.invalidateQueries({ queryKey: ['statement-rules'] });
      setSaved(draft);
      setVersion(next.version);
      unsaved.current = false;
      setTried(false);
      done(rule ? 'Rule saved.' : 'Rule saved, switched off. Test it, then switch it on.');
      if (!rule) void navigate({ to: `/statements/rules/${next.id}` as never, replace: true });
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  const load = (next: Draft) => {
    setDraft(next);
    setSaved(next);
    setProblem(null);
    setTried(false);
    setLoaded(loaded + 1);
  };
  const loadAgain = async () => {
    const next = await fresh();
    setVersion(next.version);
    load(draftOf(next, ''));
  };
  return (
    <Page
      title={rule ? rule.name : 'New statement rule'}
      beside={
        rule &&
        (rule.active ? (
          <Status tone="positive" icon="done">
            On
          </Status>
        ) : (
          <Status icon="none">Off</Status>
        ))
      }
      back={{ label: 'Statements', to: '/statements' }}
      actions={rule && <SwitchButton rule={rule} dirty={dirty} />}
    >
      <div className="space-y-5">
        <Sentence body={body} />
        {tried && missing.all.length > 0 && <ErrorSummary errors={missing.all} />}
        {serverErrors.length > 0 && <ErrorSummary errors={[...new Set(serverErrors)]} />}
        {isChangedMeanwhile(problem) ? (
          <ChangedMeanwhile problem={problem} load={loadAgain} overwrite={() => save(true)} />
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
              placeholder="First of the month"
            />
            <SelectField
              label="E-mail template"
              value={draft.templateId}
              onChange={(templateId) => set({ templateId })}
              choices={usable.map((template) => ({ value: template.id, label: template.name }))}
              help="The statement is attached as a PDF."
            />
          </div>
        </Card>
        <Card title="Send statements on">
          <ScheduleFields value={draft.schedule} onChange={(schedule) => set({ schedule })} mistake={tried ? scheduleMistake(draft.schedule) : null} />
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
          lead="Only open invoices stand on a statement. A balance forward lists everything of the customers who have one of these."
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
        <LookCard draft={draft} set={set} />
        <div className="sticky bottom-3 z-10 flex flex-wrap items-center justify-end gap-2 rounded-xl border border-border bg-raised px-3 py-2 shadow-float">
          <p className="mr-auto text-table text-muted max-sm:hidden">{dirty ? 'Not saved yet' : rule ? 'Saved' : 'A new rule is switched off'}</p>
          <Button icon={RotateCcw} blockedBecause={dirty ? undefined : 'Nothing has changed yet.'} onClick={() => load(saved)}>
            Reset
          </Button>
          <Button icon={FlaskConical} blockedBecause={missing.asked} onClick={() => setTesting(true)}>
            Test rule
          </Button>
          <Button
            variant="primary"
            pending={pending}
            blockedBecause={refusal ?? (rule && !dirty ? 'Nothing has changed yet.' : undefined)}
            onClick={() => void save()}
          >
            Save rule
          </Button>
        </div>
      </div>
      <UnsavedQuestion unsaved={unsaved} what="this rule" />
      <StatementTestPanel open={testing} onClose={() => setTesting(false)} body={body} />
    </Page>
  );
}

function SwitchButton({ rule, dirty }: { rule: StatementRule; dirty: boolean }) {
  const refusal = useRefusal('statements.write');
  const actions = useStatementRuleActions(rule);
  return (
    <Button blockedBecause={refusal ?? (dirty && !rule.active ? 'Save the changes first.' : undefined)} onClick={() => void actions.set(!rule.active)}>
      {rule.active ? 'Switch off' : 'Switch on'}
    </Button>
  );
}

/** The rule as one English sentence while it is edited. */
function Sentence({ body }: { body: StatementRuleDraft }) {
  const sentence = useQuery(statementSentenceQuery(useSettled(body, 200)));
  return (
    <div className="rounded-lg border border-accent/25 bg-accent-soft px-4 py-3">
      <p aria-live="polite" className="text-[16px] leading-6 [overflow-wrap:anywhere]">
        {sentence.data ?? (sentence.isError ? 'This cannot be put into words yet.' : <Skeleton className="h-6 w-3/4" />)}
      </p>
    </div>
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
