import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Colleague, letterTextQuery } from '../../api/cadences.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { CheckField, type Choice, SelectField, TextArea, TextField } from '../../components/field.tsx';
import { Note } from '../../components/page.tsx';
import { type Channel, channelWords, type DraftStep, missingIn, type Purpose, purposes, purposeWords } from './steps.ts';

export interface TemplateChoice {
  id: string;
  name: string;
  kind: string;
}

interface StepDialogProps {
  step: DraftStep;
  isNew: boolean;
  templates: readonly TemplateChoice[];
  colleagues: readonly Colleague[];
  onClose: () => void;
  onSave: (step: DraftStep) => void;
}

type Set = (change: Partial<DraftStep>) => void;

const channelChoices: Choice[] = Object.entries(channelWords).map(([value, label]) => ({ value, label }));
const purposeChoices: Choice[] = purposes.map((value) => ({ value, label: purposeWords[value] }));
const sides: Choice[] = [
  { value: 'before', label: 'days before due' },
  { value: 'on', label: 'on the due date' },
  { value: 'after', label: 'days overdue' },
];

/** One step: when, by which way, what and to whom. It is kept with the cadence, by its Save. */
export function StepDialog({ step: given, isNew, templates, colleagues, onClose, onSave }: StepDialogProps) {
  const [step, setStep] = useState(given);
  const [days, setDays] = useState(String(Math.abs(given.offsetDays)));
  const [side, setSide] = useState(given.offsetDays === 0 ? 'on' : given.offsetDays < 0 ? 'before' : 'after');
  const [tried, setTried] = useState(false);
  const set: Set = (change) => setStep({ ...step, ...change });
  const offsetDays = side === 'on' ? 0 : /^\d{1,4}$/.test(days.trim()) ? Number(days) * (side === 'before' ? -1 : 1) : Number.NaN;
  const whole = { ...step, offsetDays };
  const missing = missingIn(whole);
  const save = () => {
    setTried(true);
    if (missing === null) onSave(whole);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={isNew ? 'New step' : 'Edit step'}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" onClick={save}>
            {isNew ? 'Add step' : 'Keep step'}
          </Button>
        </>
      }
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {tried && missing !== null && (
          <div role="alert">
            <Note tone="critical">{missing}</Note>
          </div>
        )}
        <div className="grid grid-cols-[minmax(0,7rem)_minmax(0,1fr)] gap-3">
          {side === 'on' ? <span /> : <TextField label="Days" inputMode="numeric" maxLength={4} value={days} onChange={setDays} />}
          <SelectField label="When" value={side} onChange={setSide} choices={sides} />
        </div>
        <SelectField label="What" value={step.channel} onChange={(channel) => set(ofChannel(channel as Channel, step, templates))} choices={channelChoices} />
        {step.channel === 'email' && <EmailFields step={step} set={set} templates={templates} />}
        {step.channel === 'task' && <TaskFields step={step} set={set} colleagues={colleagues} />}
        {step.channel === 'letter' && <LetterFields step={step} set={set} templates={templates} />}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

const ofKind = (templates: readonly TemplateChoice[], kind: string): Choice[] =>
  templates.filter((template) => template.kind === kind).map((template) => ({ value: template.id, label: template.name }));

/** What of the step fits the channel, with the usual readers. */
function ofChannel(channel: Channel, step: DraftStep, templates: readonly TemplateChoice[]): Partial<DraftStep> {
  if (channel === 'email')
    return { channel, templateId: ofKind(templates, 'reminder')[0]?.value ?? null, title: null, body: null, to: 'reminders', waits: false, timeoutDays: null };
  if (channel === 'task')
    return { channel, templateId: null, cc: [], senderName: null, senderAddress: null, title: step.title, body: null, waits: true, timeoutDays: 7 };
  return { channel, templateId: null, cc: [], senderName: null, senderAddress: null, to: 'letters', title: null, body: null, waits: false, timeoutDays: null };
}

function EmailFields({ step, set, templates }: { step: DraftStep; set: Set; templates: readonly TemplateChoice[] }) {
  return (
    <>
      <SelectField
        label="Template"
        value={step.templateId ?? ''}
        onChange={(templateId) => set({ templateId: templateId || null })}
        choices={[...(step.templateId === null ? [{ value: '', label: 'Choose a template' }] : []), ...ofKind(templates, 'reminder')]}
      />
      <SelectField
        label="To"
        value={step.to}
        onChange={(to) => set({ to: to as Purpose, cc: step.cc.filter((purpose) => purpose !== to) })}
        choices={purposeChoices}
        help="A customer without such a contact: the billing contacts get it, else the first one."
      />
      <fieldset>
        <legend className="mb-1.5 text-table font-medium">
          Copies to <span className="font-normal text-muted">(optional)</span>
        </legend>
        <div className="grid gap-1.5 sm:grid-cols-2">
          {purposes
            .filter((purpose) => purpose !== step.to)
            .map((purpose) => (
              <CheckField
                key={purpose}
                label={purposeWords[purpose]}
                checked={step.cc.includes(purpose)}
                onChange={(on) => set({ cc: on ? [...step.cc, purpose] : step.cc.filter((other) => other !== purpose) })}
              />
            ))}
        </div>
      </fieldset>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          label="Sender's name"
          optional
          maxLength={200}
          value={step.senderName ?? ''}
          onChange={(text) => set({ senderName: text || null })}
          placeholder="Dana Director"
        />
        <TextField
          label="Sender's address"
          optional
          type="email"
          maxLength={254}
          value={step.senderAddress ?? ''}
          onChange={(text) => set({ senderAddress: text.trim() || null })}
          help="Empty: the company's. Your mail server has to allow it."
        />
      </div>
    </>
  );
}

function TaskFields({ step, set, colleagues }: { step: DraftStep; set: Set; colleagues: readonly Colleague[] }) {
  return (
    <>
      <TextField label="What is to be done" maxLength={200} value={step.title ?? ''} onChange={(title) => set({ title })} placeholder="Call the customer" />
      <TextArea label="Details" optional maxLength={4000} rows={3} value={step.body ?? ''} onChange={(body) => set({ body: body || null })} />
      <SelectField
        label="For"
        value={step.assignedTo ?? ''}
        onChange={(id) => set({ assignedTo: id || null })}
        choices={[{ value: '', label: 'Everybody' }, ...colleagues.map((colleague) => ({ value: colleague.id, label: colleague.name }))]}
      />
      <CheckField
        label="The next steps wait until it is done or skipped"
        checked={step.waits}
        onChange={(waits) => set({ waits, timeoutDays: waits ? (step.timeoutDays ?? 7) : null })}
      />
      {step.waits && (
        <TextField
          label="No longer than"
          inputMode="numeric"
          suffix="days"
          className="max-w-40"
          value={step.timeoutDays === null ? '' : String(step.timeoutDays)}
          onChange={(text) => set({ timeoutDays: /^\d{1,3}$/.test(text.trim()) ? Number(text) : null })}
        />
      )}
    </>
  );
}

function LetterFields({ step, set, templates }: { step: DraftStep; set: Set; templates: readonly TemplateChoice[] }) {
  const standard = useQuery(letterTextQuery);
  const letters = ofKind(templates, 'letter');
  const own = step.templateId === null;
  return (
    <>
      <SelectField
        label="Text"
        value={step.templateId ?? ''}
        onChange={(id) => set({ templateId: id || null, title: null, body: null })}
        choices={[{ value: '', label: 'Written here' }, ...letters]}
      />
      {own && (
        <>
          <TextField label="Subject" maxLength={200} value={step.title ?? ''} onChange={(title) => set({ title })} />
          <TextArea
            label="Letter"
            maxLength={4000}
            rows={9}
            value={step.body ?? ''}
            onChange={(body) => set({ body })}
            help="Merge tags such as {{first_name}} and {{total_invoice_amount}} are filled. {{invoice_list}} is where the table of invoices stands."
          />
          {!step.title && !step.body && standard.data && (
            <Button size="small" onClick={() => set({ title: standard.data.title, body: standard.data.body })}>
              Start from the standard letter
            </Button>
          )}
        </>
      )}
      <SelectField label="For the attention of" value={step.to} onChange={(to) => set({ to: to as Purpose })} choices={purposeChoices} />
    </>
  );
}
