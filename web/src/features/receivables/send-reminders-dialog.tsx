import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { newMailId, type Prefilled, prefillByHand, sendByHand } from '../../api/by-hand.ts';
import { templatesQuery } from '../../api/correspondence.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { CheckField, SelectField } from '../../components/field.tsx';
import { Skeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { formatList, totals } from '../../format/money.ts';

export interface Addressee {
  customer: { id: string; name: string };
  invoiceIds: string[];
}

type Result = 'sent' | string;

/** One reminder for each of several customers, as the template has it, to whom their contacts say. */
export function SendRemindersDialog({ addressees, onClose, onDone }: { addressees: readonly Addressee[]; onClose: () => void; onDone?: () => void }) {
  const templates = useQuery(templatesQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const templateId = chosen ?? templates.data?.items.find((template) => template.isDefault)?.id ?? templates.data?.items[0]?.id;
  const prefilled = useQueries({
    queries: addressees.map(({ customer, invoiceIds }) => ({
      queryKey: ['by-hand', customer.id, invoiceIds, templateId],
      queryFn: ({ signal }: { signal: AbortSignal }) => prefillByHand(customer.id, invoiceIds, templateId!, signal),
      enabled: templateId !== undefined,
      retry: false,
      gcTime: 0,
    })),
  });
  const [pass, setPass] = useState(false);
  const [ids] = useState(() => addressees.map(newMailId));
  const [results, setResults] = useState<ReadonlyMap<string, Result>>(new Map());
  const [pending, setPending] = useState(false);
  const manager = useRefusal('reminders.run');
  const queries = useQueryClient();
  const goes = (filled: Prefilled | undefined): filled is Prefilled => filled !== undefined && filled.to !== null && (filled.warnings.length === 0 || pass);
  const ready = prefilled.every((one) => !one.isPending);
  const going = addressees.filter((one, index) => goes(prefilled[index]?.data) && results.get(one.customer.id) !== 'sent');
  const anyHeld = prefilled.some((one) => (one.data?.warnings.length ?? 0) > 0);
  const send = async () => {
    setPending(true);
    let sent = 0;
    for (const [index, { customer }] of addressees.entries()) {
      const filled = prefilled[index]?.data;
      if (!goes(filled) || results.get(customer.id) === 'sent' || !templateId) continue;
      const { to, cc, attach, invoices } = filled;
      const outcome = await sendByHand(
        ids[index]!,
        { customerId: customer.id, invoiceIds: invoices.map((one) => one.id), templateId, to: to!, cc, subject: null, message: null, attach },
        filled.warnings.length > 0,
      ).then(
        () => 'sent',
        (refusal: unknown) => (refusal instanceof ApiProblem ? refusal.message : 'We could not reach the server.'),
      );
      if (outcome === 'sent') sent += 1;
      setResults((before) => new Map(before).set(customer.id, outcome));
    }
    setPending(false);
    await Promise.all(['timeline', 'emails', 'inbox', 'invoices'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    if (sent > 0) done(`${plural(sent, 'reminder')} on the way.`);
    if (sent === going.length) {
      onDone?.();
      onClose();
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      width="wide"
      title={`Send reminders to ${plural(addressees.length, 'customer')}`}
      lead="One mail for each, as the template has it. To write one yourself, tick the invoices of one customer."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            pending={pending}
            blockedBecause={!ready ? 'Looking at the customers…' : going.length === 0 ? 'Nobody here can be written to now.' : undefined}
            onClick={() => void send()}
          >
            {ready ? `Send ${plural(going.length, 'reminder')}` : 'Send reminders'}
          </Button>
        </>
      }
    >
      <div className="space-y-4">
        <SelectField
          label="Template"
          value={templateId ?? ''}
          onChange={setChosen}
          choices={(templates.data?.items ?? []).map((template) => ({ value: template.id, label: template.name }))}
        />
        {anyHeld && (
          <CheckField
            label="Send to those a rule would not write to now, all the same; this is recorded"
            help={manager ? 'Only a manager can do this.' : undefined}
            checked={pass}
            onChange={(next) => !manager && setPass(next)}
          />
        )}
        <ul className="divide-y divide-border rounded-md border border-border">
          {addressees.map(({ customer }, index) => (
            <AddresseeLine
              key={customer.id}
              name={customer.name}
              filled={prefilled[index]?.data}
              error={prefilled[index]?.error}
              goes={goes(prefilled[index]?.data)}
              result={results.get(customer.id)}
            />
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function AddresseeLine({
  name,
  filled,
  error,
  goes,
  result,
}: {
  name: string;
  filled: Prefilled | undefined;
  error: unknown;
  goes: boolean;
  result: Result | undefined;
}) {
  const problem = error instanceof ApiProblem ? error.message : error ? 'We could not reach the server.' : null;
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-1 px-3 py-2">
      <div className="min-w-0 flex-1 basis-48">
        <p className="font-medium [overflow-wrap:anywhere]">{name}</p>
        {filled ? (
          <p className="text-table text-muted [overflow-wrap:anywhere]">
            {filled.to ?? 'No contact can be written to'} · {plural(filled.invoices.length, 'invoice')},{' '}
            {formatList(totals(filled.invoices.map((invoice) => invoice.open)))}
          </p>
        ) : (
          !problem && <Skeleton className="mt-1 h-4 w-48" />
        )}
        {[...(filled?.warnings.map((warning) => warning.text) ?? []), ...(problem ? [problem] : []), ...(result && result !== 'sent' ? [result] : [])].map(
          (text) => (
            <p key={text} className="text-table text-caution [overflow-wrap:anywhere]">
              {text}
            </p>
          ),
        )}
      </div>
      {result === 'sent' ? (
        <Status tone="positive" icon="sent">
          Sent
        </Status>
      ) : (
        filled &&
        !goes && (
          <Status tone="caution" icon="stopped">
            Left out
          </Status>
        )
      )}
    </li>
  );
}
