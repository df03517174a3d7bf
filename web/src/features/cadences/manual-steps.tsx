import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Check, SkipForward } from 'lucide-react';
import { useState } from 'react';
import { finishManualStep, listManualSteps, type ManualStep } from '../../api/cadences.ts';
import { usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextArea } from '../../components/field.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { formatDayShort, relativeDay } from '../../format/dates.ts';
import { formatList } from '../../format/money.ts';

const PAGE = 20;

/** What cadences gave people to do, the oldest first; of one cadence or of all. */
export function ManualSteps({ cadenceId }: { cadenceId: string | undefined }) {
  const steps = usePages(['manual-steps', cadenceId], (cursor, signal) => listManualSteps({ cadence: cadenceId, limit: PAGE, cursor }, signal));
  const [finishing, setFinishing] = useState<{ step: ManualStep; how: 'done' | 'skip' } | null>(null);
  const refusal = useRefusal('collections.write');
  if (steps.loading) return <LinesSkeleton lines={3} />;
  if (steps.error) return <Failure error={steps.error} retry={steps.retry} />;
  if (steps.rows.length === 0) return <Empty title="Nothing to do">When a step needs a person, it stands here.</Empty>;
  return (
    <>
      <ul className="divide-y divide-border">
        {steps.rows.map((step) => (
          <li key={step.id} className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3">
            <div className="min-w-0 flex-1 basis-64">
              <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-medium [overflow-wrap:anywhere]">{step.title}</span>
                {step.waits && step.until && <Status tone="caution" icon="waiting">{`Waits until ${formatDayShort(step.until)}`}</Status>}
              </p>
              <p className="text-table text-muted [overflow-wrap:anywhere]">
                <Link to={`/customers/${step.customer.id}` as never} className="link">
                  {step.customer.name}
                </Link>
                {step.amounts.length > 0 ? `, ${formatList(step.amounts)} open` : ', nothing open any more'}, since {relativeDay(step.beganAt)}
                {step.assignedName ? `, for ${step.assignedName}` : ''}
                {cadenceId === undefined ? `, in “${step.cadence.name}”` : ''}
              </p>
              {step.body && <p className="mt-1 text-table whitespace-pre-line [overflow-wrap:anywhere]">{step.body}</p>}
            </div>
            <div className="flex gap-2">
              <Button
                size="small"
                icon={Check}
                blockedBecause={refusal}
                aria-label={`Done: ${step.title}, ${step.customer.name}`}
                onClick={() => setFinishing({ step, how: 'done' })}
              >
                Done
              </Button>
              <Button
                size="small"
                icon={SkipForward}
                blockedBecause={refusal}
                aria-label={`Skip: ${step.title}, ${step.customer.name}`}
                onClick={() => setFinishing({ step, how: 'skip' })}
              >
                Skip
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {steps.more.available && (
        <div className="px-4 py-3">
          <Button size="small" pending={steps.more.loading} onClick={steps.more.load}>
            Show more
          </Button>
        </div>
      )}
      {finishing && <FinishDialog {...finishing} onClose={() => setFinishing(null)} />}
    </>
  );
}

function FinishDialog({ step, how, onClose }: { step: ManualStep; how: 'done' | 'skip'; onClose: () => void }) {
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  return (
    <FormDialog
      open
      onClose={onClose}
      title={how === 'done' ? `“${step.title}” was done` : `Skip “${step.title}”`}
      lead={`${step.customer.name}. ${step.waits ? 'The cadence goes on with the next run.' : 'The task leaves the worklist.'}`}
      action={how === 'done' ? 'Mark as done' : 'Skip step'}
      onSubmit={async () => {
        await finishManualStep(step.id, how, note.trim() || null);
        await Promise.all(['manual-steps', 'cadences', 'cadence', 'cadence-members', 'tasks'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
        done(how === 'done' ? 'Done. The cadence goes on.' : 'Skipped. The cadence goes on.');
      }}
    >
      <TextArea label="What came of it" optional maxLength={2000} value={note} onChange={setNote} />
    </FormDialog>
  );
}
