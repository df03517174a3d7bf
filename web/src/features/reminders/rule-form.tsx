import { FlaskConical, RotateCcw } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { ErrorSummary, SelectField, TextField } from '../../components/field.tsx';
import { Card, Note } from '../../components/page.tsx';
import { ChangedMeanwhile, InlineError, isChangedMeanwhile, Skeleton } from '../../components/states.tsx';
import type { FieldTable } from './conditions.ts';
import { RuleBuilder } from './rule-builder.tsx';
import type { SavedRule } from './rule-kind.ts';
import type { CommonDraft, FormDraft } from './use-form-draft.ts';

/** A form of either kind; what is set here is common to both. */
type Form = Omit<FormDraft<CommonDraft, SavedRule>, 'take'>;

/** What keeps the rule from being saved, here and at the server. */
export function RuleMistakes({ form: { tried, missing, problem, loadAgain, save } }: { form: Form }) {
  const refused = problem instanceof ApiProblem ? problem.errors.map((error) => error.message) : [];
  return (
    <>
      {tried && missing.all.length > 0 && <ErrorSummary errors={missing.all} />}
      {refused.length > 0 && <ErrorSummary errors={[...new Set(refused)]} />}
      {isChangedMeanwhile(problem) ? (
        <ChangedMeanwhile problem={problem} load={loadAgain} overwrite={() => save(true)} />
      ) : (
        refused.length === 0 && problem !== null && <InlineError error={problem} />
      )}
    </>
  );
}

interface NameCardProps {
  form: Form;
  templates: readonly { id: string; name: string }[];
  placeholder: string;
  help: string;
}

export function NameCard({ form: { draft, set, tried }, templates, placeholder, help }: NameCardProps) {
  return (
    <Card>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Rule name"
          maxLength={200}
          value={draft.name}
          onChange={(name) => set({ name })}
          error={tried && !draft.name.trim() ? 'Write a name for the rule.' : undefined}
          placeholder={placeholder}
        />
        <SelectField
          label="E-mail template"
          value={draft.templateId}
          onChange={(templateId) => set({ templateId })}
          choices={templates.map((template) => ({ value: template.id, label: template.name }))}
          help={help}
        />
      </div>
      {templates.length === 0 && (
        <div className="mt-4 flex flex-wrap items-center gap-3">
          <Note tone="caution">There is no template yet.</Note>
          <LinkButton to="/emails/templates/$id" params={{ id: 'new' }} size="small">
            Write a template
          </LinkButton>
        </div>
      )}
    </Card>
  );
}

interface ConditionCardsProps {
  form: Form;
  table: FieldTable;
  categories: readonly { id: string; name: string }[];
  invoices: string;
}

/** The two boxes: whom, and about which invoices. */
export function ConditionCards({ form: { draft, set, loaded }, table, categories, invoices }: ConditionCardsProps) {
  const choices = useMemo(() => categories.map((category) => ({ value: category.id, label: category.name })), [categories]);
  const common = { table, categories: choices };
  return (
    <>
      <Card title="Select customers" lead="To pick all customers, set “Customer category” to “all customers”.">
        <RuleBuilder key={loaded} box="customer" value={draft.customerCondition} onChange={(customerCondition) => set({ customerCondition })} {...common} />
      </Card>
      <Card title="Select invoices" lead={invoices}>
        <RuleBuilder key={loaded} box="invoice" value={draft.invoiceCondition} onChange={(invoiceCondition) => set({ invoiceCondition })} {...common} />
      </Card>
    </>
  );
}

/** From how many characters on the sentence may need scrolling, which the keyboard must reach. */
const LONG = 300;

/** The rule as one English sentence while it is edited, and what is said under it. It stays in sight. */
export const RuleSentence = ({ sentence, children }: { sentence: { data: string | undefined; isError: boolean }; children?: ReactNode }) => (
  <div className="rounded-lg border border-accent/25 bg-accent-soft px-4 py-3 lg:[@media(min-height:760px)]:sticky lg:top-3 lg:z-10">
    <p
      aria-live="polite"
      // a sentence longer than that would cover the form, because it stays in sight
      className="max-h-36 overflow-y-auto text-[16px] leading-6 [overflow-wrap:anywhere]"
      tabIndex={(sentence.data?.length ?? 0) > LONG ? 0 : undefined}
    >
      {sentence.data ?? (sentence.isError ? 'This cannot be put into words yet.' : <Skeleton className="h-6 w-3/4" />)}
    </p>
    {children}
  </div>
);

interface RuleBarProps {
  form: Form;
  /** The panel of “Test rule”. */
  test: (open: boolean, onClose: () => void) => ReactNode;
}

/** What can be done with the draft, behind its last field and always in sight. */
export function RuleBar({ form: { isNew, permission, dirty, missing, pending, save, reset }, test }: RuleBarProps) {
  const [testing, setTesting] = useState(false);
  const refusal = useRefusal(permission);
  return (
    <div className="sticky bottom-3 z-10 flex flex-wrap items-center justify-end gap-2 rounded-xl border border-border bg-raised px-3 py-2 shadow-float">
      <p className="mr-auto text-table text-muted max-sm:hidden">{dirty ? 'Not saved yet' : isNew ? 'A new rule is switched off' : 'Saved'}</p>
      <Button icon={RotateCcw} blockedBecause={dirty ? undefined : 'Nothing has changed yet.'} onClick={reset}>
        Reset
      </Button>
      <Button icon={FlaskConical} blockedBecause={missing.asked ?? undefined} onClick={() => setTesting(true)}>
        Test rule
      </Button>
      <Button
        variant="primary"
        pending={pending}
        blockedBecause={refusal ?? (!isNew && !dirty ? 'Nothing has changed yet.' : undefined)}
        onClick={() => void save()}
      >
        Save rule
      </Button>
      {test(testing, () => setTesting(false))}
    </div>
  );
}
