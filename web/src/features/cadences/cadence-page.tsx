import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { assignmentQuery, type Cadence, cadenceQuery, type Colleague, colleaguesQuery, switchCadence } from '../../api/cadences.ts';
import { templatesQuery } from '../../api/correspondence.ts';
import { categoriesQuery } from '../../api/customers.ts';
import { ApiProblem } from '../../api/problem.ts';
import { fieldsQuery } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { CheckField, ErrorSummary, RadioField, TextField } from '../../components/field.tsx';
import { Card, Note, Page } from '../../components/page.tsx';
import { ChangedMeanwhile, Failure, InlineError, isChangedMeanwhile, PageSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { UnsavedQuestion } from '../../components/unsaved.tsx';
import { plural } from '../../format/dates.ts';
import { type FieldTable, fieldTable, type Group } from '../reminders/conditions.ts';
import { RuleBuilder } from '../reminders/rule-builder.tsx';
import { ManualSteps } from './manual-steps.tsx';
import { Members } from './members.tsx';
import { StepDialog, type TemplateChoice } from './step-dialog.tsx';
import { StepTimeline } from './step-timeline.tsx';
import { type DraftStep, newStep } from './steps.ts';
import { useCadenceDraft } from './use-cadence-draft.ts';

/** A cadence: its steps as a line in time, who goes through it, and what waits for people. */
export function CadencePage() {
  const { id = 'new' } = useParams({ strict: false }) as { id?: string };
  const isNew = id === 'new';
  const cadence = useQuery({ ...cadenceQuery(id), enabled: !isNew });
  const templates = useQuery(templatesQuery);
  const categories = useQuery(categoriesQuery);
  const colleagues = useQuery(colleaguesQuery);
  const fields = useQuery(fieldsQuery);
  const table = useMemo(() => fields.data && fieldTable(fields.data), [fields.data]);
  const broken = [cadence, templates, categories, colleagues, fields].find((query) => query.isError);
  if (broken) return <Failure error={broken.error} retry={() => void broken.refetch()} />;
  if ((!isNew && cadence.isPending) || !templates.data || !categories.data || !colleagues.data || !table) return <PageSkeleton />;
  return (
    <CadenceForm
      key={id}
      cadence={cadence.data ?? null}
      table={table}
      templates={templates.data.items.filter((template) => !template.archived)}
      categories={categories.data}
      colleagues={colleagues.data}
    />
  );
}

interface FormProps {
  cadence: Cadence | null;
  table: FieldTable;
  templates: readonly TemplateChoice[];
  categories: readonly { id: string; name: string }[];
  colleagues: readonly Colleague[];
}

function CadenceForm({ cadence, table, templates, categories, colleagues }: FormProps) {
  const form = useCadenceDraft(cadence, table);
  const { draft, set, dirty, missing, tried, problem, pending, save } = form;
  const refusal = useRefusal('reminders.write');
  const serverErrors = problem instanceof ApiProblem ? problem.errors.map((error) => error.message) : [];
  return (
    <Page
      title={cadence ? cadence.name : 'New cadence'}
      beside={
        cadence &&
        (cadence.active ? (
          <Status tone="positive" icon="done">
            On
          </Status>
        ) : (
          <Status icon="none">Off</Status>
        ))
      }
      back={{ label: 'Cadences', to: '/reminders/cadences' }}
      actions={
        <>
          {cadence && <ActiveButton cadence={cadence} dirty={dirty} onSwitched={form.take} />}
          <Button
            variant="primary"
            pending={pending}
            blockedBecause={refusal ?? (cadence && !dirty ? 'Nothing has changed yet.' : undefined)}
            onClick={() => void save()}
          >
            Save cadence
          </Button>
        </>
      }
    >
      <div className="space-y-5">
        {tried && missing.length > 0 && <ErrorSummary errors={missing} />}
        {serverErrors.length > 0 && <ErrorSummary errors={[...new Set(serverErrors)]} />}
        {isChangedMeanwhile(problem) ? (
          <ChangedMeanwhile problem={problem} load={form.loadAgain} overwrite={() => form.save(true)} />
        ) : (
          serverErrors.length === 0 && problem !== null && <InlineError error={problem} />
        )}
        {cadence && cadence.openSteps > 0 && (
          <Card title={`${plural(cadence.openSteps, 'step')} to do`} lead="The cadence goes on for these customers when they are done or skipped." flush>
            <ManualSteps cadenceId={cadence.id} />
          </Card>
        )}
        <Card>
          <TextField
            label="Name"
            maxLength={200}
            value={draft.name}
            onChange={(name) => set({ name })}
            error={tried && !draft.name.trim() ? 'Write a name for the cadence.' : undefined}
            placeholder="Large accounts"
          />
        </Card>
        <StepsCard form={form} templates={templates} colleagues={colleagues} refusal={refusal} />
        <Assignment form={form} cadence={cadence} table={table} categories={categories} />
        {cadence && <Members cadence={cadence} />}
        <UnsavedQuestion unsaved={form.unsaved} what="this cadence" />
      </div>
    </Page>
  );
}

type Form = ReturnType<typeof useCadenceDraft>;

function StepsCard({
  form,
  templates,
  colleagues,
  refusal,
}: {
  form: Form;
  templates: readonly TemplateChoice[];
  colleagues: readonly Colleague[];
  refusal: string | undefined;
}) {
  const { draft, set } = form;
  const [editing, setEditing] = useState<DraftStep | null>(null);
  const isNew = editing !== null && !draft.steps.some((step) => step.key === editing.key);
  const names = {
    template: (id: string | null) => templates.find((template) => template.id === id)?.name ?? null,
    colleague: (id: string | null) => colleagues.find((colleague) => colleague.id === id)?.name ?? null,
  };
  const standard = templates.find((template) => template.kind === 'reminder')?.id ?? null;
  return (
    <Card title="Steps" lead="Each invoice meets each step once, on its day. Rules that stand alone go on beside it, under the same caps.">
      <StepTimeline
        steps={draft.steps}
        onChange={(steps) => set({ steps })}
        onEdit={setEditing}
        onAdd={() => setEditing(newStep(draft.steps, standard))}
        names={names}
        refusal={refusal}
      />
      {editing && (
        <StepDialog
          step={editing}
          isNew={isNew}
          templates={templates}
          colleagues={colleagues}
          onClose={() => setEditing(null)}
          onSave={(step) => {
            set({ steps: isNew ? [...draft.steps, step] : draft.steps.map((other) => (other.key === step.key ? step : other)) });
            setEditing(null);
          }}
        />
      )}
    </Card>
  );
}

interface AssignmentProps {
  form: Form;
  cadence: Cadence | null;
  table: FieldTable;
  categories: readonly { id: string; name: string }[];
}

function Assignment({ form, cadence, table, categories }: AssignmentProps) {
  const { draft, set } = form;
  const choices = useMemo(() => categories.map((category) => ({ value: category.id, label: category.name })), [categories]);
  return (
    <Card title="Who goes through it">
      <div className="space-y-4">
        <RadioField
          label="Customers come in"
          value={draft.byCondition ? 'condition' : 'hand'}
          onChange={(value) => set({ byCondition: value === 'condition' })}
          choices={[
            { value: 'hand', label: 'By hand' },
            {
              value: 'condition',
              label: 'By hand, and by a condition',
              help: 'Each run takes in new customers that meet it. They stay until somebody takes them out.',
            },
          ]}
        />
        {draft.byCondition && (
          <>
            <RuleBuilder
              key={form.loaded}
              box="customer"
              table={table}
              value={draft.customerCondition}
              onChange={(customerCondition) => set({ customerCondition })}
              categories={choices}
            />
            <Preview condition={draft.customerCondition} missing={form.conditionMissing} cadenceId={cadence?.id ?? null} />
          </>
        )}
        <CheckField
          label="New customers start paused"
          help="Nothing is sent to them before somebody starts them."
          checked={draft.startsPaused}
          onChange={(startsPaused) => set({ startsPaused })}
        />
      </div>
    </Card>
  );
}

function Preview({ condition, missing, cadenceId }: { condition: Group; missing: string | null; cadenceId: string | null }) {
  const preview = useQuery({ ...assignmentQuery(condition as never, cadenceId), enabled: missing === null });
  if (missing !== null) return <Note>{missing}</Note>;
  if (preview.isError) return <InlineError error={preview.error} />;
  const found = preview.data;
  if (!found) return <Note>Counting the customers …</Note>;
  const rest = [
    found.here > 0 ? `${found.here} are in it already` : null,
    found.elsewhere > 0 ? `${found.elsewhere} stay in another cadence` : null,
    found.keptOut > 0 ? `${found.keptOut} were taken out by hand` : null,
  ].filter((words) => words !== null);
  return (
    <div aria-live="polite">
      <Note tone={found.joining > 0 ? 'positive' : 'neutral'}>
        <p>
          <span className="font-medium">{plural(found.joining, 'customer')} would come in now</span>
          {` of ${found.matching} that meet the condition`}
          {rest.length > 0 ? `; ${rest.join(', ')}` : ''}.
        </p>
        {found.examples.length > 0 && (
          <p className="text-table [overflow-wrap:anywhere]">
            {found.examples.map((customer) => customer.name).join(', ')}
            {found.joining > found.examples.length ? ' …' : ''}
          </p>
        )}
      </Note>
    </div>
  );
}

function ActiveButton({ cadence, dirty, onSwitched }: { cadence: Cadence; dirty: boolean; onSwitched: (next: Cadence) => void }) {
  const queries = useQueryClient();
  const refusal = useRefusal('reminders.write');
  const [pending, setPending] = useState(false);
  const blocked = dirty ? 'Save the changes first.' : !cadence.active && cadence.steps.length === 0 ? 'Add a step first.' : undefined;
  const toggle = async () => {
    setPending(true);
    try {
      onSwitched(await switchCadence(cadence.id, !cadence.active));
      await Promise.all(['cadences', 'cadence-members', 'cadence-preview', 'manual-steps'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      done(cadence.active ? 'The cadence is off.' : 'The cadence is on from today.');
    } catch (error) {
      failed(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Button pending={pending} blockedBecause={refusal ?? blocked} onClick={() => void toggle()}>
      {cadence.active ? 'Switch off' : 'Switch on'}
    </Button>
  );
}
