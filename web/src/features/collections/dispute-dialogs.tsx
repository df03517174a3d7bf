import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { addDisputeNote, assignDispute, type Dispute, type DisputeDetail, disputeQuery, openDispute, resolveDispute } from '../../api/collections.ts';
import { newKey } from '../../api/client.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog, SidePanel } from '../../components/dialog.tsx';
import { AmountField, CheckField, RadioField, SelectField, TextArea } from '../../components/field.tsx';
import { Facts } from '../../components/page.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatMoment } from '../../format/dates.ts';
import { formatAmount, formatMoney, isZero, lesser, type Money, parseAmount } from '../../format/money.ts';
import { ColleagueField } from './colleague-field.tsx';
import { useRefreshCollections } from './refresh.ts';
import { disputeState, reasonWords } from './words.ts';

/** What the customer contests of an invoice: all of it, or an amount. */
export function DisputeDialog({ invoice, onClose }: { invoice: { id: string; number: string; open: Money }; onClose: () => void }) {
  const [part, setPart] = useState<'whole' | 'part'>('whole');
  const [text, setText] = useState(formatAmount(invoice.open));
  const [reason, setReason] = useState<Dispute['reason']>('price');
  const [ownerId, setOwner] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const [key] = useState(newKey);
  const refresh = useRefreshCollections();
  const amount = parseAmount(text, invoice.open.currency);
  const wrong =
    part === 'whole'
      ? undefined
      : amount === null || isZero(amount)
        ? 'Write an amount above zero.'
        : lesser(amount, invoice.open.amount) !== amount
          ? `Only ${formatMoney(invoice.open)} is open.`
          : undefined;
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Dispute ${invoice.number}`}
      action="Open the dispute"
      blockedBecause={wrong}
      onSubmit={async () => {
        const money = part === 'whole' ? null : { amount: amount ?? '0', currency: invoice.open.currency };
        await openDispute({ invoiceId: invoice.id, amount: money, reason, ownerId, note: note.trim() || null }, key);
        await refresh();
        done(`${invoice.number} is disputed. Reminders leave it out.`);
      }}
    >
      <SelectField
        label="Reason"
        value={reason}
        onChange={(next) => setReason(next as Dispute['reason'])}
        choices={Object.entries(reasonWords).map(([id, label]) => ({ value: id, label }))}
      />
      <RadioField
        label="How much"
        value={part}
        onChange={(next) => setPart(next as 'whole' | 'part')}
        choices={[
          { value: 'whole', label: `The whole invoice, ${formatMoney(invoice.open)}` },
          { value: 'part', label: 'A part of it' },
        ]}
      />
      {part === 'part' && <AmountField label="Disputed amount" currency={invoice.open.currency} value={text} onChange={setText} error={wrong} />}
      <ColleagueField label="Who takes care of it" value={ownerId} onChange={setOwner} />
      <TextArea label="What the customer says" optional rows={3} maxLength={4000} value={note} onChange={setNote} />
    </FormDialog>
  );
}

/** One dispute beside the page: what it is about, who has it, its thread, and how it ends. */
export function DisputePanel({ id, onClose }: { id: string; onClose: () => void }) {
  const dispute = useQuery(disputeQuery(id));
  const [resolving, setResolving] = useState(false);
  const refusal = useRefusal('collections.write');
  const isOpen = dispute.data?.state === 'open';
  return (
    <SidePanel
      open
      onClose={onClose}
      title={dispute.data ? `Dispute of ${dispute.data.invoice.number}` : 'Dispute'}
      lead={dispute.data && `${reasonWords[dispute.data.reason]} · ${formatMoney(dispute.data.amount)}`}
      footer={
        isOpen && (
          <Button variant="primary" blockedBecause={refusal} onClick={() => setResolving(true)}>
            Resolve
          </Button>
        )
      }
    >
      {dispute.isPending && <LinesSkeleton />}
      {dispute.isError && <Failure error={dispute.error} />}
      {dispute.data && <DisputeBody dispute={dispute.data} refusal={refusal} />}
      {resolving && dispute.data && <ResolveDialog dispute={dispute.data} onClose={() => setResolving(false)} />}
    </SidePanel>
  );
}

function DisputeBody({ dispute, refusal }: { dispute: DisputeDetail; refusal: string | undefined }) {
  const [text, setText] = useState('');
  const [key, setKey] = useState(newKey);
  const refresh = useRefreshCollections();
  const act = async (work: () => Promise<unknown>, words: string) => {
    try {
      await work();
      await refresh();
      done(words);
    } catch (error) {
      failed(error);
    }
  };
  const isOpen = dispute.state === 'open';
  return (
    <div className="space-y-5">
      <Facts
        items={[
          ['State', <StatusOf key="state" state={disputeState(dispute)} />],
          [
            'Invoice',
            <Link key="invoice" to={`/invoices/${dispute.invoice.id}` as never} className="link">
              {dispute.invoice.number}
            </Link>,
          ],
          ['Disputed', `${formatMoney(dispute.amount)}${dispute.whole ? ', the whole invoice' : ''}`],
          ['Opened', `${formatMoment(dispute.openedAt)} by ${dispute.openedBy}`],
          ['Resolved', dispute.resolvedAt && `${formatMoment(dispute.resolvedAt)} by ${dispute.resolvedBy}`],
          ['Resolution', dispute.resolution],
          [
            'Credit memo',
            dispute.credit && (
              <Link key="credit" to={`/credits/${dispute.credit.id}` as never} className="link">
                {dispute.credit.number}
              </Link>
            ),
          ],
        ]}
      />
      {isOpen && !refusal && (
        <ColleagueField
          label="Who takes care of it"
          value={dispute.owner?.id ?? null}
          onChange={(ownerId) => void act(() => assignDispute(dispute.id, ownerId), 'Dispute given.')}
        />
      )}
      {(!isOpen || refusal) && dispute.owner && <p className="text-muted">Taken care of by {dispute.owner.name}</p>}
      <section aria-label="Thread">
        <h3 className="mb-2 font-semibold">Thread</h3>
        {dispute.notes.length === 0 && <p className="text-muted">Nobody has written anything yet.</p>}
        <ol className="space-y-3">
          {dispute.notes.map((note) => (
            <li key={note.id} className="rounded-md border border-border bg-sunken px-3 py-2">
              <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{note.body}</p>
              <p className="mt-1 text-label text-muted">
                {note.writtenBy} · {formatMoment(note.writtenAt)}
              </p>
            </li>
          ))}
        </ol>
        {!refusal && (
          <form
            className="mt-3 space-y-2"
            onSubmit={(event) => {
              event.preventDefault();
              if (!text.trim()) return;
              void act(async () => {
                await addDisputeNote(dispute.id, text.trim(), key);
                setText('');
                setKey(newKey());
              }, 'Note added.');
            }}
          >
            <TextArea label="Write a note" rows={3} maxLength={4000} value={text} onChange={setText} />
            <Button type="submit" blockedBecause={text.trim() ? undefined : 'Write something first.'}>
              Add note
            </Button>
          </form>
        )}
      </section>
    </div>
  );
}

function ResolveDialog({ dispute, onClose }: { dispute: DisputeDetail; onClose: () => void }) {
  const [outcome, setOutcome] = useState<'credited' | 'rejected'>('credited');
  const [createCredit, setCreate] = useState(false);
  const [note, setNote] = useState('');
  const money = useRefusal('receivables.write');
  const refresh = useRefreshCollections();
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Resolve the dispute of ${dispute.invoice.number}`}
      action={outcome === 'credited' ? 'Resolve to a credit' : 'Reject the dispute'}
      onSubmit={async () => {
        await resolveDispute(dispute.id, { outcome, note: note.trim() || null, createCredit: outcome === 'credited' && createCredit });
        await refresh();
        done(`Dispute ${outcome}. Reminders of ${dispute.invoice.number} go on.`);
      }}
    >
      <RadioField
        label="How it ends"
        value={outcome}
        onChange={(next) => setOutcome(next as 'credited' | 'rejected')}
        choices={[
          { value: 'credited', label: 'The customer is right: it is credited' },
          { value: 'rejected', label: 'The invoice stands: it is rejected' },
        ]}
      />
      {outcome === 'credited' && !money && (
        <CheckField
          label={`Make a credit memo of ${formatMoney(dispute.amount)} here and apply it`}
          help="Leave it unticked when the credit comes from your accounting system."
          checked={createCredit}
          onChange={setCreate}
        />
      )}
      <TextArea label="Note" optional rows={3} maxLength={2000} value={note} onChange={setNote} />
    </FormDialog>
  );
}
