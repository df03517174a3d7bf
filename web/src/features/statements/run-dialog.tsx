import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { runStatements, type StatementDraft, type StatementRule, testStatements } from '../../api/statements.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { RadioField, SelectField } from '../../components/field.tsx';
import { Facts } from '../../components/page.tsx';
import { InlineError, LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { formatDay, plural, today } from '../../format/dates.ts';
import { formatList } from '../../format/money.ts';

/** What a test needs of a saved rule: neither its name nor its mail. */
const askedOf = ({ customerCondition, invoiceCondition, schedule, kind, family, showCredits, skipZero, skipCredit }: StatementRule): StatementDraft => ({
  customerCondition,
  invoiceCondition,
  schedule,
  kind,
  family,
  showCredits,
  skipZero,
  skipCredit,
});

/** Runs one rule as of today, after it was said how many statements that makes. */
export function RunStatementsDialog({ rules, onClose }: { rules: readonly StatementRule[]; onClose: () => void }) {
  const [id, setId] = useState((rules.find((rule) => rule.active) ?? rules[0])?.id ?? '');
  const [mails, setMails] = useState('mails');
  const [key] = useState(newKey);
  const navigate = useNavigate();
  const rule = rules.find((one) => one.id === id);
  const forecast = useQuery({
    queryKey: ['statement-forecast', id, rule?.version],
    queryFn: () => testStatements(askedOf(rule!)),
    enabled: rule !== undefined,
    staleTime: 0,
  });
  const summary = forecast.data?.summary;
  const count = mails === 'mails' ? (summary?.mails ?? 0) : (summary?.statements ?? 0);
  const action = mails === 'mails' ? `Send ${plural(count, 'statement')}` : `Make ${plural(count, 'statement')}`;
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Run a statement rule now"
      lead={`The statements say what is owed on ${formatDay(today())}.`}
      action={summary ? action : 'Run'}
      blockedBecause={!summary ? 'Counting the statements.' : summary.statements === 0 ? 'The rule selects nobody today.' : undefined}
      onSubmit={async () => {
        const run = await runStatements({ ruleIds: [id], mails: mails === 'mails' }, key);
        done(mails === 'mails' ? 'The statements are on their way.' : 'The statements are being made.');
        void navigate({ to: `/statements/runs/${run.id}` as never });
      }}
    >
      <SelectField label="Rule" value={id} onChange={setId} choices={rules.map((one) => ({ value: one.id, label: one.name }))} />
      <RadioField
        label="What happens"
        value={mails}
        onChange={setMails}
        choices={[
          { value: 'mails', label: 'Make them and send them by mail' },
          { value: 'paper', label: 'Make them only, for paper or a ZIP' },
        ]}
      />
      {forecast.isError && <InlineError error={forecast.error} />}
      {forecast.isPending && <LinesSkeleton lines={3} />}
      {summary && (
        <Facts
          items={[
            ['Statements', String(summary.statements)],
            ['Over', summary.amounts.length > 0 ? formatList(summary.amounts) : '–'],
            ...(summary.held > 0 ? [['Without mail', summary.holds.map((hold) => `${hold.count}: ${hold.text}`).join('; ')] as const] : []),
          ]}
        />
      )}
    </FormDialog>
  );
}
