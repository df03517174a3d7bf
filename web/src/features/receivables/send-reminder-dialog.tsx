import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type ByHandDraft, newMailId, type Prefilled, prefillByHand, previewByHand, sendByHand, testByHand } from '../../api/by-hand.ts';
import { templatesQuery } from '../../api/correspondence.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { CheckField, SelectField, TextArea, TextField } from '../../components/field.tsx';
import { Note } from '../../components/page.tsx';
import { Empty, Failure, InlineError, LinesSkeleton } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { formatList, totals } from '../../format/money.ts';
import { MailFrame } from '../correspondence/mail-frame.tsx';

interface Props {
  customer: { id: string; name: string };
  invoiceIds: string[];
  onClose: () => void;
  onDone?: () => void;
}

/** A reminder of these invoices, written and sent by a person. */
export function SendReminderDialog({ customer, invoiceIds, onClose, onDone }: Props) {
  const templates = useQuery(templatesQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const [addressed, setAddressed] = useState<Partial<Addressed>>({});
  const templateId = chosen ?? templates.data?.items.find((template) => template.isDefault)?.id ?? templates.data?.items[0]?.id;
  const choices = (templates.data?.items ?? []).map((template) => ({ value: template.id, label: template.name }));
  const prefilled = useQuery({
    queryKey: ['by-hand', customer.id, invoiceIds, templateId],
    queryFn: ({ signal }) => prefillByHand(customer.id, invoiceIds, templateId!, signal),
    enabled: templateId !== undefined,
    retry: false,
    gcTime: 0,
  });
  if (prefilled.data && templateId)
    return (
      <Form
        key={templateId}
        customer={customer}
        prefilled={prefilled.data}
        templateId={templateId}
        choices={choices}
        addressed={addressed}
        choose={(id, typed) => {
          setAddressed(typed);
          setChosen(id);
        }}
        onClose={onClose}
        {...(onDone ? { onDone } : {})}
      />
    );
  const error = prefilled.error ?? templates.error;
  return (
    <Dialog open onClose={onClose} title={`Send a reminder to ${customer.name}`} width="wide" footer={<Button onClick={onClose}>Cancel</Button>}>
      {templates.data?.items.length === 0 ? (
        <Empty title="There is no reminder template">Add one under E-mails, Templates.</Empty>
      ) : error ? (
        <>
          {templateId && choices.length > 1 && <SelectField label="Template" value={templateId} onChange={setChosen} choices={choices} />}
          <Failure error={error} what="This reminder cannot be written" />
        </>
      ) : (
        <LinesSkeleton lines={6} />
      )}
    </Dialog>
  );
}

/** Who a person typed in; kept when another template is chosen. */
interface Addressed {
  to: string;
  cc: string;
}

interface FormProps {
  customer: { id: string; name: string };
  prefilled: Prefilled;
  templateId: string;
  choices: { value: string; label: string }[];
  addressed: Partial<Addressed>;
  choose: (templateId: string, addressed: Partial<Addressed>) => void;
  onClose: () => void;
  onDone?: () => void;
}

const typedOf = (draft: Addressed, prefilled: Prefilled): Partial<Addressed> => ({
  ...(draft.to === (prefilled.to ?? '') ? {} : { to: draft.to }),
  ...(draft.cc === prefilled.cc.join(', ') ? {} : { cc: draft.cc }),
});

const addressesOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

function Form({ customer, prefilled, templateId, choices, addressed, choose, onClose, onDone }: FormProps) {
  const [draft, setDraft] = useState({
    to: addressed.to ?? prefilled.to ?? '',
    cc: addressed.cc ?? prefilled.cc.join(', '),
    subject: prefilled.subject,
    message: prefilled.message,
    ...prefilled.attach,
  });
  const [view, setView] = useState<'write' | 'preview'>('write');
  const [pass, setPass] = useState(false);
  const [pending, setPending] = useState<'send' | 'test' | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [late, setLate] = useState<string | null>(null);
  const [id] = useState(newMailId);
  const manager = useRefusal('reminders.run');
  const queries = useQueryClient();
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const body: ByHandDraft = {
    customerId: customer.id,
    invoiceIds: prefilled.invoices.map((invoice) => invoice.id),
    templateId,
    to: draft.to.trim(),
    cc: addressesOf(draft.cc),
    // as long as it is the template's it is said in the language of whoever is written to
    subject: draft.subject.trim() === prefilled.subject.trim() ? null : draft.subject.trim() || null,
    message: draft.message.trim() === prefilled.message.trim() ? null : draft.message,
    attach: { statement: draft.statement, invoices: draft.invoices, files: draft.files },
  };
  // what was asked when the form opened, and what came since or with another address
  const warnings = late === null ? prefilled.warnings : [{ reason: 'late', text: late }];
  const held = warnings.length > 0;
  const blocked = !body.to
    ? 'Write an address first.'
    : !draft.message.trim()
      ? 'Write a message first.'
      : held && manager
        ? 'Something stands against it. A manager can send it all the same.'
        : held && !pass
          ? 'Tick that it goes all the same first.'
          : undefined;
  const send = async () => {
    setPending('send');
    setError(null);
    try {
      await sendByHand(id, body, held && pass);
      await Promise.all(['timeline', 'emails', 'customer-timeline', 'inbox', 'invoices'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      done(`Reminder to ${body.to} is on its way.`);
      onDone?.();
      onClose();
    } catch (refused) {
      if (refused instanceof ApiProblem && refused.code === 'held_back') {
        setLate(refused.message);
        setPass(false);
      } else setError(refused);
      setView('write');
    } finally {
      setPending(null);
    }
  };
  const test = async () => {
    setPending('test');
    try {
      done(`Test sent to ${(await testByHand(body)).to}.`);
    } catch (refused) {
      failed(refused);
    } finally {
      setPending(null);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      width="wide"
      title={`Send a reminder to ${customer.name}`}
      lead={`${plural(prefilled.invoices.length, 'invoice')}, ${formatList(totals(prefilled.invoices.map((invoice) => invoice.open)))}`}
      footer={
        <>
          <Button onClick={() => setView(view === 'write' ? 'preview' : 'write')}>{view === 'write' ? 'Preview' : 'Back to writing'}</Button>
          <Button pending={pending === 'test'} blockedBecause={body.to ? undefined : 'Write an address first.'} onClick={() => void test()}>
            Send to me
          </Button>
          <Button variant="primary" pending={pending === 'send'} blockedBecause={blocked} onClick={() => void send()}>
            Send reminder
          </Button>
        </>
      }
    >
      <div className="space-y-4">
        {error !== null && <InlineError error={error} />}
        {held && <Warnings warnings={warnings} pass={pass} setPass={manager ? null : setPass} />}
        {view === 'preview' ? (
          <Preview body={body} />
        ) : (
          <>
            <SelectField label="Template" value={templateId} onChange={(id) => choose(id, typedOf(draft, prefilled))} choices={choices} />
            <div className="grid gap-4 sm:grid-cols-2">
              <TextField
                label="To"
                type="email"
                value={draft.to}
                onChange={(to) => set({ to })}
                error={prefilled.to === null && !draft.to ? 'No contact can be written to. Write an address.' : undefined}
              />
              <TextField label="Copies to" optional value={draft.cc} onChange={(cc) => set({ cc })} help="Several with commas between them." />
            </div>
            <TextField label="Subject" maxLength={500} value={draft.subject} onChange={(subject) => set({ subject })} />
            <TextArea
              label="Message"
              rows={10}
              maxLength={20_000}
              value={draft.message}
              onChange={(message) => set({ message })}
              help="Unchanged, it goes in the template’s design; changed, as these words. {{invoice_list}} becomes the table with links to the invoices, {{payment_buttons}} the buttons."
            />
            <fieldset>
              <legend className="mb-1.5 text-table font-medium">Attachments</legend>
              <div className="space-y-2">
                <CheckField label="A list of the invoices as PDF" checked={draft.statement} onChange={(statement) => set({ statement })} />
                <CheckField label="Each invoice as PDF" checked={draft.invoices} onChange={(invoices) => set({ invoices })} />
                <CheckField label="Shared files of the invoices" checked={draft.files} onChange={(files) => set({ files })} />
              </div>
            </fieldset>
          </>
        )}
      </div>
    </Dialog>
  );
}

/** What would hold the reminder of a rule back. A manager may send it all the same, and that is recorded. */
function Warnings({
  warnings,
  pass,
  setPass,
}: {
  warnings: readonly { reason: string; text: string }[];
  pass: boolean;
  setPass: ((pass: boolean) => void) | null;
}) {
  return (
    <Note tone="caution">
      <p className="font-medium">A rule would not send this now:</p>
      <ul className="mt-1 list-disc pl-5">
        {warnings.map((warning) => (
          <li key={warning.reason + warning.text} className="[overflow-wrap:anywhere]">
            {warning.text}
          </li>
        ))}
      </ul>
      <div className="mt-2 text-text">
        {setPass ? (
          <CheckField label="Send it all the same; this is recorded" checked={pass} onChange={setPass} />
        ) : (
          <p>Only a manager can send it all the same.</p>
        )}
      </div>
    </Note>
  );
}

function Preview({ body }: { body: ByHandDraft }) {
  const preview = useQuery({ queryKey: ['by-hand-preview', body], queryFn: ({ signal }) => previewByHand(body, signal), retry: false, gcTime: 0 });
  const attached = [
    ...(body.attach?.statement ? ['a list of the invoices'] : []),
    ...(body.attach?.invoices ? [body.invoiceIds.length === 1 ? 'the invoice' : 'each invoice'] : []),
    ...(body.attach?.files ? ['shared files of the invoices'] : []),
  ];
  if (preview.error) return <InlineError error={preview.error} />;
  if (!preview.data) return <LinesSkeleton lines={6} />;
  return (
    <div className="space-y-2">
      <p className="[overflow-wrap:anywhere]">
        <span className="text-muted">Subject: </span>
        <span className="font-medium">{preview.data.subject}</span>
      </p>
      {attached.length > 0 && (
        <p>
          <span className="text-muted">Attached: </span>
          {attached.join(', ')}
        </p>
      )}
      <MailFrame html={preview.data.html} title="Preview of the reminder" />
    </div>
  );
}
