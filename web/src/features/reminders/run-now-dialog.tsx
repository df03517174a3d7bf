import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { previewQuery, rulesQuery, runNow } from '../../api/reminders.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { Facts, Note } from '../../components/page.tsx';
import { InlineError, LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { formatDay, plural, today } from '../../format/dates.ts';
import { formatList } from '../../format/money.ts';
import { besidesMails, outgoing, sendsNothing } from './outgoing.ts';

/** Says how many reminders go out before they do: "Send 14 reminders". */
export function RunNowDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { data: rules } = useQuery({ ...rulesQuery, enabled: open });
  const expected = useQuery({ ...previewQuery, enabled: open });
  const [key, setKey] = useState(newKey);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { data } = expected;
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="Run the reminders now"
      lead={`For ${formatDay(today())}. Nobody is reminded twice by the same rule on a day.`}
      action={data ? `Send ${outgoing(data)}` : 'Send reminders'}
      blockedBecause={
        !data
          ? 'Counting who would be reminded.'
          : data.activeRules === 0
            ? 'Switch a rule on first.'
            : sendsNothing(data)
              ? 'There is nobody to remind now.'
              : undefined
      }
      onSubmit={async () => {
        const run = await runNow(key);
        setKey(newKey());
        await Promise.all(['rules', 'runs', 'upcoming', 'dashboard', 'emails'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
        done(sendsNothing(run) ? 'The run sent nothing: everyone was reminded already or held back.' : `${outgoing(run)} on the way.`);
        void navigate({ to: `/reminders/runs/${run.id}` as never });
      }}
    >
      {expected.isError && <InlineError error={expected.error} />}
      {expected.isPending && <LinesSkeleton lines={3} />}
      {rules?.lastRun?.runOn === today() && <Note>A run for today took place already. Whoever it reminded is left out.</Note>}
      {data && (
        <Facts
          items={[
            ['Rules that are on', String(data.activeRules)],
            ['Reminders', sendsNothing(data) ? 'None: no customer matches today' : data.mails === 0 ? 'No mail' : plural(data.mails, 'mail')],
            ['Besides', besidesMails(data).join(', ') || null],
            ['About', data.invoices > 0 ? plural(data.invoices, 'invoice') : null],
            ['They ask for', data.amounts.length > 0 ? formatList(data.amounts) : null],
            ['Held back', data.held > 0 ? <HeldReasons key="held" reasons={data.heldReasons} /> : null],
          ]}
        />
      )}
    </FormDialog>
  );
}

const HeldReasons = ({ reasons }: { reasons: readonly { reason: string; text: string; count: number }[] }) => (
  <ul>
    {reasons.map(({ reason, text, count }) => (
      <li key={reason}>
        {plural(count, 'customer')}: {text}
      </li>
    ))}
  </ul>
);
