import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { rulesQuery, runNow, testRule } from '../../api/reminders.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { Facts, Note } from '../../components/page.tsx';
import { InlineError, LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { formatDay, plural, today } from '../../format/dates.ts';
import { formatList, type Money, totals } from '../../format/money.ts';

interface Forecast {
  mails: number;
  held: number;
  amounts: Money[];
  rules: number;
}

/** What the active rules would send at this moment: each is tested, and a customer gets one mail. */
async function forecast(rules: readonly { customerCondition: unknown; invoiceCondition: unknown }[]): Promise<Forecast> {
  const customers = new Set<string>();
  const documents = new Map<string, Money>();
  let held = 0;
  for (const rule of rules) {
    let cursor: string | undefined;
    do {
      const found = await testRule({ customerCondition: rule.customerCondition, invoiceCondition: rule.invoiceCondition } as never, cursor);
      held += cursor === undefined ? found.summary.held : 0;
      for (const row of found.customers) {
        if (row.outcome === 'held') continue;
        customers.add(row.customer.id);
        for (const invoice of row.invoices) documents.set(invoice.id, invoice.balance);
        // beyond the first ten only their sum is told
        if (row.invoiceCount > row.invoices.length) documents.set(`${row.customer.id}rest`, row.amount);
      }
      cursor = found.nextCursor ?? undefined;
    } while (cursor !== undefined && customers.size < 1000);
  }
  return { mails: customers.size, held, amounts: totals([...documents.values()]), rules: rules.length };
}

/** Says how many reminders go out before they do: "Send 14 reminders". */
export function RunNowDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { data: rules } = useQuery({ ...rulesQuery, enabled: open });
  const active = rules?.items.filter((rule) => rule.active) ?? [];
  const expected = useQuery({
    queryKey: ['forecast', active.map((rule) => `${rule.id}${rule.version}`)],
    queryFn: () => forecast(active),
    enabled: open && active.length > 0,
    staleTime: 0,
  });
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
      action={data ? `Send ${plural(data.mails, 'reminder')}` : 'Send reminders'}
      blockedBecause={rules && active.length === 0 ? 'Switch a rule on first.' : data ? undefined : 'Counting who would be reminded.'}
      onSubmit={async () => {
        const run = await runNow(key);
        setKey(newKey());
        await Promise.all(['rules', 'runs', 'upcoming', 'dashboard', 'emails'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
        done(run.mails === 0 ? 'The run sent nothing: everyone was reminded already or held back.' : `${plural(run.mails, 'reminder')} on the way.`);
        void navigate({ to: `/reminders/runs/${run.id}` as never });
      }}
    >
      {expected.isError && <InlineError error={expected.error} />}
      {expected.isPending && active.length > 0 && <LinesSkeleton lines={3} />}
      {rules?.lastRun?.runOn === today() && <Note>A run for today took place already. Whoever it reminded is left out, so fewer may go out.</Note>}
      {data && (
        <Facts
          items={[
            ['Rules that are on', String(data.rules)],
            ['Reminders', data.mails === 0 ? 'None: no customer matches today' : `${plural(data.mails, 'customer')}, one mail each`],
            ['They ask for', data.amounts.length > 0 ? formatList(data.amounts) : null],
            ['Held back', data.held > 0 ? `${plural(data.held, 'customer')}; the reasons are in the run` : null],
          ]}
        />
      )}
    </FormDialog>
  );
}
