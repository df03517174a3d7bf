import { Link } from '@tanstack/react-router';
import { Check, MoreHorizontal, Pencil, SkipForward, UserRound } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { changeTask, colleaguesQuery, type Task } from '../../api/collections.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Menu } from '../../components/menu.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, formatMoment, relativeDay } from '../../format/dates.ts';
import { formatMoney } from '../../format/money.ts';
import { useRefreshCollections } from './refresh.ts';
import { FinishDialog, TaskDialog } from './task-dialogs.tsx';
import { taskSourceWords, taskState } from './words.ts';

/** Tasks with what can be done about each. */
export function TaskList({ tasks, customer = true, label = 'Tasks' }: { tasks: readonly Task[]; customer?: boolean; label?: string }) {
  const [open, setOpen] = useState<{ task: Task; what: 'done' | 'skip' | 'edit' } | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <ul aria-label={label} className="divide-y divide-border">
        {tasks.map((task) => (
          <TaskLine key={task.id} task={task} customer={customer} open={(what) => setOpen({ task, what })} />
        ))}
      </ul>
      {open?.what === 'edit' && <TaskDialog task={open.task} onClose={close} />}
      {(open?.what === 'done' || open?.what === 'skip') && <FinishDialog task={open.task} how={open.what} onClose={close} />}
    </>
  );
}

function TaskLine({ task, customer, open }: { task: Task; customer: boolean; open: (what: 'done' | 'skip' | 'edit') => void }) {
  const refusal = useRefusal('collections.write');
  const { data: colleagues } = useQuery(colleaguesQuery);
  const refresh = useRefreshCollections();
  const mine = colleagues?.me ?? null;
  const take = async () => {
    try {
      await changeTask(task.id, { assigneeId: mine });
      await refresh();
      done('The task is yours.');
    } catch (error) {
      failed(error);
    }
  };
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium [overflow-wrap:anywhere]">{task.title}</p>
        <p className="text-table text-muted [overflow-wrap:anywhere]">
          {customer && (
            <>
              <Link to={`/customers/${task.customer.id}` as never} className="link">
                {task.customer.name}
              </Link>
              {' · '}
            </>
          )}
          {task.invoices.slice(0, 5).map((invoice) => (
            <span key={invoice.id}>
              <Link to={`/invoices/${invoice.id}` as never} className="link">
                {invoice.number}
              </Link>
              {` ${formatMoney(invoice.open)} · `}
            </span>
          ))}
          {task.invoices.length > 5 && `and ${task.invoices.length - 5} more · `}
          {task.assignee ? task.assignee.name : 'Nobody yet'}
          {task.source !== 'person' && ` · from ${taskSourceWords[task.source]}`}
        </p>
        {task.description && <p className="mt-1 whitespace-pre-wrap text-table [overflow-wrap:anywhere]">{task.description}</p>}
        {task.finishedAt && (
          <p className="mt-1 text-table text-muted">
            {formatMoment(task.finishedAt)} by {task.finishedBy}
            {task.outcome && `: ${task.outcome}`}
          </p>
        )}
      </div>
      <div className="flex shrink-0 flex-wrap items-center gap-2">
        <Due task={task} />
        {task.state === 'open' && (
          <>
            <Button size="small" icon={Check} blockedBecause={refusal} onClick={() => open('done')}>
              Done
            </Button>
            <Menu
              trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for ${task.title}`} />}
              actions={[
                ...(mine && task.assignee?.id !== mine ? [{ label: 'Take it', icon: UserRound, onSelect: () => void take(), blockedBecause: refusal }] : []),
                { label: 'Edit or reassign', icon: Pencil, onSelect: () => open('edit'), blockedBecause: refusal },
                { label: 'Skip', icon: SkipForward, onSelect: () => open('skip'), blockedBecause: refusal },
              ]}
            />
          </>
        )}
      </div>
    </li>
  );
}

function Due({ task }: { task: Task }): ReactNode {
  if (task.state !== 'open') return <StatusOf state={taskState(task)} />;
  return (
    <>
      {task.overdue && <StatusOf state={taskState(task)} />}
      <span className={`figures text-table ${task.overdue ? 'text-critical' : 'text-muted'}`} title={formatDay(task.dueOn)}>
        {task.overdue ? formatDay(task.dueOn) : `Due ${relativeDay(task.dueOn)}`}
      </span>
    </>
  );
}
