import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { type Candidate, type NewBacktest, startBacktest } from '../../api/proof.ts';
import { rulesQuery, versionsQuery } from '../../api/reminders.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, RadioField, SelectField, TextField } from '../../components/field.tsx';
import { addDays, formatMoment, today } from '../../format/dates.ts';

type Kind = 'rule' | 'current' | 'live';

/** What is replayed, over which days, and what it is compared with. */
export function BacktestDialog({ open, onClose, ruleId }: { open: boolean; onClose: () => void; ruleId?: string }) {
  const { data: rules } = useQuery({ ...rulesQuery, enabled: open });
  const [kind, setKind] = useState<Kind>('rule');
  const [chosen, setChosen] = useState(ruleId ?? '');
  const [version, setVersion] = useState('');
  const [against, setAgainst] = useState('sent');
  const [together, setTogether] = useState(false);
  const [from, setFrom] = useState(() => addDays(today(), -365));
  const [to, setTo] = useState(() => addDays(today(), -1));
  const [moreThan, setMoreThan] = useState('12');
  const rule = chosen || rules?.items[0]?.id || '';
  const { data: versions } = useQuery({ ...versionsQuery(rule), enabled: open && kind === 'rule' && rule !== '' });
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [key, setKey] = useState(newKey);
  const versionChoices = (versions ?? []).map((one) => ({ value: String(one.version), label: `Version ${one.version}, ${formatMoment(one.savedAt)}` }));
  const candidate = (number: string): Candidate =>
    kind === 'rule' ? { kind: 'rule', ruleId: rule, version: number === '' ? null : Number(number), draft: null, together } : { kind };
  const blocked =
    kind === 'rule' && rule === ''
      ? 'Make a rule first.'
      : !(from <= to && to <= today())
        ? 'The days begin before they end, today at the latest.'
        : Number.isInteger(Number(moreThan)) && Number(moreThan) > 0
          ? undefined
          : 'Write above how many mails a contact is flagged.';
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="New back-test"
      lead="Each day is replayed with the invoices, payments, pauses and holds of that day. Nothing is sent."
      action="Start"
      blockedBecause={blocked}
      onSubmit={async () => {
        const baseline: NewBacktest['baseline'] =
          against === 'sent' ? { kind: 'sent' } : against === 'live' || against === 'current' ? { kind: against } : candidate(against.replace('v', ''));
        const test = await startBacktest({ candidate: candidate(version), baseline, from, to, moreThan: Number(moreThan) }, key);
        setKey(newKey());
        await queries.invalidateQueries({ queryKey: ['backtests'] });
        void navigate({ to: `/reminders/backtests/${test.id}` as never });
      }}
    >
      <RadioField
        label="Replay"
        value={kind}
        onChange={(value) => {
          setKind(value as Kind);
          setAgainst('sent');
        }}
        choices={[
          { value: 'rule', label: 'One rule', help: 'As it is now, or one of its versions. It need not be on.' },
          { value: 'current', label: 'All rules that are on today', help: 'As if they had been on all the time.' },
          { value: 'live', label: 'The rules that were on', help: 'Proves that the record is what the rules say.' },
        ]}
      />
      {kind === 'rule' && (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              label="Rule"
              value={rule}
              onChange={(value) => {
                setChosen(value);
                setVersion('');
                setAgainst('sent');
              }}
              choices={(rules?.items ?? []).map((one) => ({ value: one.id, label: one.name }))}
            />
            <SelectField label="Version" value={version} onChange={setVersion} choices={[{ value: '', label: 'As it is now' }, ...versionChoices]} />
          </div>
          <CheckField
            label="Along with the other rules that were on"
            help="Then mails merge, and the limits count all of them."
            checked={together}
            onChange={setTogether}
          />
        </>
      )}
      <SelectField
        label="Compare with"
        value={against}
        onChange={setAgainst}
        choices={[
          { value: 'sent', label: 'What was really sent' },
          ...(kind === 'rule' ? versionChoices.map((one) => ({ value: `v${one.value}`, label: `The same rule, ${one.label.toLowerCase()}` })) : []),
          ...(kind === 'live' ? [] : [{ value: 'live', label: 'The rules that were on' }]),
          ...(kind === 'current' ? [] : [{ value: 'current', label: 'All rules that are on today' }]),
        ]}
      />
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField label="From" type="date" value={from} max={today()} onChange={setFrom} />
        <TextField label="To" type="date" value={to} max={today()} onChange={setTo} />
        <TextField label="Flag above" inputMode="numeric" suffix="mails" value={moreThan} onChange={setMoreThan} />
      </div>
    </FormDialog>
  );
}
