import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { FlaskConical } from 'lucide-react';
import { useMemo, useState } from 'react';
import { newKey } from '../../api/client.ts';
import { templatesQuery } from '../../api/correspondence.ts';
import { categoriesQuery } from '../../api/customers.ts';
import { ApiProblem } from '../../api/problem.ts';
import { changeRule, createRule, type Rule, type RuleDraft, ruleQuery, switchRule } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { ErrorSummary, SelectField, TextField } from '../../components/field.tsx';
import { Card, Note, Page } from '../../components/page.tsx';
import { Failure, InlineError, PageSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { type Group, incomplete, inOrder, startingCondition } from './conditions.ts';
import { RuleBuilder } from './rule-builder.tsx';
import { ruleSentence } from './sentence.ts';
import { RuleTestPanel } from './rule-test-panel.tsx';

interface Draft {
  name: string;
  templateId: string;
  customerCondition: Group;
  invoiceCondition: Group;
}

/** A saved rule as it can be edited; a new one picks everybody and what is due in 3 days, as the guide's hint has it. */
const draftOf = (rule: Rule | null, templateId: string): Draft => ({
  name: rule?.name ?? '',
  templateId: rule?.templateId ?? templateId,
  customerCondition: rule ? inOrder(rule.customerCondition as Group) : { combinator: 'and', conditions: [startingCondition('customer')] },
  invoiceCondition: rule ? inOrder(rule.invoiceCondition as Group) : { combinator: 'and', conditions: [startingCondition('invoice')] },
});

/** A rule: its sentence, its two boxes, and whom it hits today. */
export function RulePage() {
  const { id = 'new' } = useParams({ strict: false }) as { id?: string };
  const isNew = id === 'new';
  const rule = useQuery({ ...ruleQuery(id), enabled: !isNew });
  const templates = useQuery(templatesQuery);
  const categories = useQuery(categoriesQuery);
  if (rule.isError) return <Failure error={rule.error} retry={() => void rule.refetch()} />;
  if ((!isNew && rule.isPending) || templates.isPending || categories.isPending) return <PageSkeleton />;
  return <RuleForm key={id} rule={rule.data ?? null} templates={templates.data?.items ?? []} categories={categories.data ?? []} />;
}

interface RuleFormProps {
  rule: Rule | null;
  templates: readonly { id: string; name: string; isDefault: boolean; archived: boolean }[];
  categories: readonly { id: string; name: string }[];
}

/** What was typed, what is missing, and saving. */
function useRuleDraft({ rule, templates, categories }: RuleFormProps) {
  const usable = templates.filter((template) => !template.archived || template.id === rule?.templateId);
  const standard = usable.find((template) => template.isDefault) ?? usable[0];
  const [draft, setDraft] = useState(() => draftOf(rule, standard?.id ?? ''));
  const [saved, setSaved] = useState(draft);
  const [problem, setProblem] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const [pending, setPending] = useState(false);
  const [key] = useState(newKey);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const conditionsMissing = incomplete('customer', draft.customerCondition) ?? incomplete('invoice', draft.invoiceCondition);
  const missing = [draft.name.trim() ? null : 'Write a name for the rule.', draft.templateId ? null : 'Choose a template.', conditionsMissing].filter(
    (text) => text !== null,
  );
  const save = async () => {
    setTried(true);
    if (missing.length > 0) return;
    setPending(true);
    setProblem(null);
    try {
      const body = { ...draft, name: draft.name.trim() } as RuleDraft;
      const next = rule ? await changeRule(rule.id, body) : await createRule(body, key);
      queries.setQueryData(ruleQuery(next.id).queryKey, next);
      await queries.invalidateQueries({ queryKey: ['rules'] });
      await queries.invalidateQueries({ queryKey: ['upcoming'] });
      setSaved(draft);
      done(rule ? 'Rule saved.' : 'Rule saved, switched off. Test it, then switch it on.');
      if (!rule) void navigate({ to: `/reminders/rules/${next.id}` as never, replace: true });
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  const sentence = ruleSentence(
    {
      customers: draft.customerCondition,
      invoices: draft.invoiceCondition,
      template: usable.find((template) => template.id === draft.templateId)?.name ?? '…',
    },
    (id) => categories.find((category) => category.id === id)?.name ?? null,
  );
  return {
    draft,
    set: (change: Partial<Draft>) => setDraft({ ...draft, ...change }),
    dirty: JSON.stringify(draft) !== JSON.stringify(saved),
    usable,
    sentence,
    conditionsMissing,
    missing,
    tried,
    problem,
    pending,
    save,
  };
}

function RuleForm(props: RuleFormProps) {
  const { rule, categories } = props;
  const { draft, set, dirty, usable, sentence, conditionsMissing, missing, tried, problem, pending, save } = useRuleDraft(props);
  const [testing, setTesting] = useState(false);
  const refusal = useRefusal('reminders.write');
  const choices = useMemo(() => categories.map((category) => ({ value: category.id, label: category.name })), [categories]);
  const serverErrors = problem instanceof ApiProblem ? problem.errors.map((error) => error.message) : [];
  return (
    <Page
      title={rule ? rule.name : 'New rule'}
      beside={
        rule ? (
          rule.active ? (
            <Status tone="positive" icon="done">
              On
            </Status>
          ) : (
            <Status icon="none">Off</Status>
          )
        ) : undefined
      }
      back={{ label: 'Invoice reminders', to: '/reminders' }}
      actions={
        <>
          {rule && <ActiveButton rule={rule} dirty={dirty} />}
          <Button icon={FlaskConical} blockedBecause={conditionsMissing ?? undefined} onClick={() => setTesting(true)}>
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
        </>
      }
    >
      <div className="space-y-5">
        <p aria-live="polite" className="rounded-lg border border-accent/25 bg-accent-soft px-4 py-3 text-[16px] leading-6 [overflow-wrap:anywhere]">
          {sentence}
        </p>
        {tried && missing.length > 0 && <ErrorSummary errors={missing} />}
        {serverErrors.length > 0 ? <ErrorSummary errors={[...new Set(serverErrors)]} /> : problem !== null && <InlineError error={problem} />}
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
              help="What the customer reads. Templates have their own tab."
            />
          </div>
          {usable.length === 0 && (
            <div className="mt-4 flex flex-wrap items-center gap-3">
              <Note tone="caution">There is no template yet.</Note>
              <LinkButton to="/reminders/templates/$id" params={{ id: 'new' }} size="small">
                Write a template
              </LinkButton>
            </div>
          )}
        </Card>
        <Card title="Select customers" lead="To pick all customers, set “Customer category” to “all customers”.">
          <RuleBuilder box="customer" value={draft.customerCondition} onChange={(customerCondition) => set({ customerCondition })} categories={choices} />
        </Card>
        <Card
          title="Select invoices"
          lead="To pick all invoices due in 3 days, set “Invoice due in (days)” to equal 3. Only open invoices are ever reminded of."
        >
          <RuleBuilder box="invoice" value={draft.invoiceCondition} onChange={(invoiceCondition) => set({ invoiceCondition })} categories={choices} />
        </Card>
      </div>
      <RuleTestPanel
        open={testing}
        onClose={() => setTesting(false)}
        sentence={sentence}
        conditions={{ customerCondition: draft.customerCondition, invoiceCondition: draft.invoiceCondition } as never}
      />
    </Page>
  );
}

function ActiveButton({ rule, dirty }: { rule: Rule; dirty: boolean }) {
  const queries = useQueryClient();
  const refusal = useRefusal('reminders.write');
  const [pending, setPending] = useState(false);
  const toggle = async () => {
    setPending(true);
    try {
      queries.setQueryData(ruleQuery(rule.id).queryKey, await switchRule(rule.id, !rule.active));
      await queries.invalidateQueries({ queryKey: ['rules'] });
      await queries.invalidateQueries({ queryKey: ['upcoming'] });
      done(rule.active ? 'The rule is off.' : 'The rule is on from today.');
    } catch (error) {
      failed(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Button pending={pending} blockedBecause={refusal ?? (dirty && !rule.active ? 'Save the changes first.' : undefined)} onClick={() => void toggle()}>
      {rule.active ? 'Switch off' : 'Switch on'}
    </Button>
  );
}
