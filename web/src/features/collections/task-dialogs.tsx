import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { changeTask, colleaguesQuery, createTask, finishTask, type Task } from '../../api/collections.ts';
import { newKey } from '../../api/client.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { TextArea, TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { formatDay, today } from '../../format/dates.ts';
import { CustomerPicker, type PickedCustomer } from '../customers/customer-picker.tsx';
import { ColleagueField } from './colleague-field.tsx';
import { useRefreshCollections } from './refresh.ts';

/** A new task, or an open one to be changed or given to somebody else. */
export function TaskDialog({
  task,
  customer: given,
  invoices,
  onClose,
}: {
  task?: Task;
  customer?: PickedCustomer;
  invoices?: readonly { id: string; number: string }[];
  onClose: () => void;
}) {
  const { data: colleagues } = useQuery(colleaguesQuery);
  const [customer, setCustomer] = useState<PickedCustomer | null>(given ?? task?.customer ?? null);
  const [title, setTitle] = useState(task?.title ?? (invoices?.length === 1 ? `Call about ${invoices[0]!.number}` : ''));
  const [description, setDescription] = useState(task?.description ?? '');
  const [dueOn, setDueOn] = useState(task?.dueOn ?? today());
  const [chosen, setChosen] = useState<string | null | undefined>(task ? (task.assignee?.id ?? null) : undefined);
  const [key] = useState(newKey);
  const refresh = useRefreshCollections();
  const assigneeId = chosen === undefined ? (colleagues?.me ?? null) : chosen;
  const wrongDay = /^\d{4}-\d{2}-\d{2}$/.test(dueOn) ? undefined : 'Choose a day.';
  const missing = !customer ? 'Choose a customer first.' : title.trim() ? wrongDay : 'Write what is to be done first.';
  return (
    <FormDialog
      open
      onClose={onClose}
      title={task ? 'Edit task' : 'New task'}
      action={task ? 'Save' : 'Add task'}
      blockedBecause={missing}
      onSubmit={async () => {
        const values = { title: title.trim(), description: description.trim() || null, dueOn, assigneeId };
        if (task) await changeTask(task.id, values);
        else await createTask({ ...values, customerId: customer!.id, ...(invoices ? { invoiceIds: invoices.map((one) => one.id) } : {}) }, key);
        await refresh();
        done(task ? 'Task saved.' : `Task added for ${formatDay(dueOn)}.`);
      }}
    >
      {!task && !given && <CustomerPicker value={customer} onChange={setCustomer} />}
      <TextField label="What is to be done" maxLength={200} value={title} onChange={setTitle} autoFocus={Boolean(given || task)} />
      <TextArea label="Details" optional rows={3} maxLength={4000} value={description} onChange={setDescription} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Due" type="date" value={dueOn} onChange={setDueOn} error={wrongDay} />
        <ColleagueField label="Assigned to" value={assigneeId} onChange={setChosen} />
      </div>
      <p className="text-table text-muted">Whoever it is assigned to is told by mail at seven in the morning of the day it is due.</p>
    </FormDialog>
  );
}

/** Done, or not going to be done, with a word on what came of it. */
export function FinishDialog({ task, how, onClose }: { task: Task; how: 'done' | 'skip'; onClose: () => void }) {
  const [outcome, setOutcome] = useState('');
  const refresh = useRefreshCollections();
  return (
    <FormDialog
      open
      onClose={onClose}
      title={how === 'done' ? 'Task done' : 'Skip the task'}
      action={how === 'done' ? 'Done' : 'Skip it'}
      onSubmit={async () => {
        await finishTask(task.id, how, outcome.trim() || null);
        await refresh();
        done(how === 'done' ? 'Task done.' : 'Task skipped.');
      }}
    >
      <p className="font-medium">{task.title}</p>
      <TextArea
        label={how === 'done' ? 'What came of it' : 'Why it is skipped'}
        optional
        rows={3}
        maxLength={2000}
        value={outcome}
        onChange={setOutcome}
        autoFocus
      />
      {task.source === 'cadence' && <p className="text-table text-muted">The cadence that waits for it goes on.</p>}
    </FormDialog>
  );
}
