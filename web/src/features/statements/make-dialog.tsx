import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { makeStatement } from '../../api/statements.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, RadioField, TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { formatDay, plural, today } from '../../format/dates.ts';

/** A statement of one customer as of any day; it is made and kept, and not sent. */
export function MakeStatementDialog({ customer, hasChildren, onClose }: { customer: { id: string; name: string }; hasChildren: boolean; onClose: () => void }) {
  const [asOf, setAsOf] = useState(today());
  const [kind, setKind] = useState('open_item');
  const [from, setFrom] = useState(`${today().slice(0, 8)}01`);
  const [family, setFamily] = useState(hasChildren);
  const [credits, setCredits] = useState(true);
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Make a statement"
      lead={`${customer.name}. It gets a number and is kept; nothing is sent yet.`}
      action="Make statement"
      blockedBecause={asOf === '' ? 'Choose a day.' : undefined}
      onSubmit={async () => {
        const { items } = await makeStatement({
          customerId: customer.id,
          asOf,
          kind: kind as 'open_item' | 'balance_forward',
          family: family ? 'with_parent' : 'separate',
          showCredits: credits,
          ...(kind === 'balance_forward' ? { from } : {}),
        });
        await queries.invalidateQueries({ queryKey: ['customer', customer.id, 'statements'] });
        done(
          items.length === 1 ? `${items[0]!.number} as of ${formatDay(asOf)} is made.` : `${plural(items.length, 'statement')} made, one for each currency.`,
        );
        if (items.length === 1) void navigate({ to: `/statements/${items[0]!.id}` as never });
      }}
    >
      <TextField label="As of" type="date" max={today()} value={asOf} onChange={setAsOf} help="What was owed on that day, whatever happened since." />
      <RadioField
        label="Kind"
        value={kind}
        onChange={setKind}
        choices={[
          { value: 'open_item', label: 'Open items: every invoice that was owed' },
          { value: 'balance_forward', label: 'Balance forward: what moved the balance' },
        ]}
      />
      {kind === 'balance_forward' && <TextField label="Movements from" type="date" max={asOf} value={from} onChange={setFrom} />}
      {kind === 'open_item' && <CheckField label="List open credits and take them off" checked={credits} onChange={setCredits} />}
      {hasChildren && <CheckField label="With what its child customers owe" checked={family} onChange={setFamily} />}
    </FormDialog>
  );
}
