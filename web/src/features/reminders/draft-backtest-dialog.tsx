import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { type NewBacktest, startBacktest } from '../../api/proof.ts';
import type { RuleDraft } from '../../api/reminders.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, RadioField, TextField } from '../../components/field.tsx';
import { addDays, today } from '../../format/dates.ts';
import { askedOf } from './use-rule-draft.ts';

interface DraftBacktestDialogProps {
  open: boolean;
  onClose: () => void;
  /** The rule as it stands in the form. */
  body: RuleDraft;
  /** The saved rule whose place it takes. */
  ruleId: string | null;
  /** Whether the form differs from what is saved. */
  dirty: boolean;
  onStarted: (id: string) => void;
}

/** The rule of the form, saved or not, replayed over the past. */
export function DraftBacktestDialog({ open, onClose, body, ruleId, dirty, onStarted }: DraftBacktestDialogProps) {
  const [from, setFrom] = useState(() => addDays(today(), -365));
  const [to, setTo] = useState(() => addDays(today(), -1));
  const [against, setAgainst] = useState<'sent' | 'saved'>('sent');
  const [together, setTogether] = useState(false);
  const [key, setKey] = useState(newKey);
  const queries = useQueryClient();
  const start = async () => {
    const saved = { kind: 'rule' as const, ruleId, version: null, draft: null, together };
    const draft = { ...askedOf(body), name: body.name || 'New rule' };
    const test = await startBacktest(
      {
        candidate: (dirty || ruleId === null ? { ...saved, draft } : saved) as NewBacktest['candidate'],
        baseline: against === 'saved' ? saved : { kind: 'sent' },
        from,
        to,
        moreThan: 12,
      },
      key,
    );
    setKey(newKey());
    await queries.invalidateQueries({ queryKey: ['backtests'] });
    onStarted(test.id);
  };
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="Back-test this rule"
      lead="Whom it would have reminded, day by day, with the invoices and payments of those days. Nothing is sent."
      action="Start"
      blockedBecause={from !== '' && from <= to && to <= today() ? undefined : 'The days begin before they end, today at the latest.'}
      onSubmit={start}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="From" type="date" value={from} max={today()} onChange={setFrom} />
        <TextField label="To" type="date" value={to} max={today()} onChange={setTo} />
      </div>
      {dirty && ruleId !== null && (
        <RadioField
          label="Compare with"
          value={against}
          onChange={(value) => setAgainst(value as 'sent' | 'saved')}
          choices={[
            { value: 'sent', label: 'What was really sent' },
            { value: 'saved', label: 'The rule as it is saved' },
          ]}
        />
      )}
      <CheckField
        label="Along with the other rules that were on"
        help="Then mails merge, and the limits count all of them."
        checked={together}
        onChange={setTogether}
      />
    </FormDialog>
  );
}
