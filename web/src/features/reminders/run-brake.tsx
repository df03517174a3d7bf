import { useQueryClient } from '@tanstack/react-query';
import { Hand, Send } from 'lucide-react';
import { useState } from 'react';
import { approveRun, cancelRun, type RunDetail } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { done } from '../../components/toast.tsx';
import { formatDay } from '../../format/dates.ts';
import { formatCount, formatList } from '../../format/money.ts';
import { outgoing } from './outgoing.ts';

/** A run that is much larger than usual has sent nothing yet: a person says whether it goes. */
export function RunBrake({ run }: { run: RunDetail }) {
  const [asking, setAsking] = useState<'approve' | 'cancel' | null>(null);
  const queries = useQueryClient();
  const refusal = useRefusal('reminders.run');
  const usual = run.usualMails === null ? 'there is no usual size yet' : `usual is about ${formatCount(run.usualMails)}`;
  const decide = async (decision: typeof approveRun, words: string) => {
    await decision(run.id);
    await Promise.all(
      ['run', 'runs', 'rules', 'reminder-health', 'upcoming', 'dashboard', 'emails'].map((name) => queries.invalidateQueries({ queryKey: [name] })),
    );
    done(words);
  };
  return (
    <section aria-label="This run waits for you" className="rounded-lg border border-caution/40 bg-caution-soft px-4 py-4">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <h2 className="flex items-center gap-2 font-semibold text-caution">
            <Hand aria-hidden size={18} className="shrink-0" />
            This run waits for you
          </h2>
          <p className="mt-1">
            It would send {outgoing(run)}; {usual}. Nothing has been sent.
          </p>
          <p className="mt-1 text-table text-muted">
            Look at the decisions below: a wrong upload or a rule that matches too much shows there. What is paid or paused until you decide is left out.
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button blockedBecause={refusal} onClick={() => setAsking('cancel')}>
            Cancel this run
          </Button>
          <Button variant="primary" icon={Send} blockedBecause={refusal} onClick={() => setAsking('approve')}>
            Send {outgoing(run)}
          </Button>
        </div>
      </div>
      <FormDialog
        open={asking === 'approve'}
        onClose={() => setAsking(null)}
        title={`Send ${outgoing(run)}`}
        lead={`${usual.charAt(0).toUpperCase()}${usual.slice(1)}. A mail that has gone cannot be taken back.`}
        action={`Send ${outgoing(run)}`}
        onSubmit={() => decide(approveRun, `${outgoing(run)} on the way.`)}
      >
        {run.amounts.length > 0 && <p>They ask for {formatList(run.amounts)}.</p>}
      </FormDialog>
      <FormDialog
        open={asking === 'cancel'}
        onClose={() => setAsking(null)}
        danger
        title="Cancel this run"
        action="Cancel this run"
        onSubmit={() => decide(cancelRun, 'The run is canceled. Nothing was sent.')}
      >
        <p>
          Nothing of it goes out, now or later: {outgoing(run)} for {formatDay(run.runOn)}. Tomorrow’s run asks the rules again.
        </p>
      </FormDialog>
    </section>
  );
}
