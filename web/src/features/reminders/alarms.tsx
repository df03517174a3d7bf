import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Siren } from 'lucide-react';
import { type Alarm, healthQuery, seeAlarm } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { failed } from '../../components/toast.tsx';
import { formatDay, relativeMoment } from '../../format/dates.ts';

/** Runs that did not happen, did not get through, or wait for a person: until it is over or somebody has seen it. */
export function Alarms({ className = '' }: { className?: string }) {
  const health = useQuery(healthQuery);
  const alarms = health.data?.alarms ?? [];
  if (alarms.length === 0) return null;
  return (
    <ul aria-label="Alarms" className={`space-y-2 ${className}`}>
      {alarms.map((alarm) => (
        <AlarmRow key={alarm.id} alarm={alarm} />
      ))}
    </ul>
  );
}

function AlarmRow({ alarm }: { alarm: Alarm }) {
  const queries = useQueryClient();
  const refusal = useRefusal('reminders.run');
  const seen = async () => {
    try {
      await seeAlarm(alarm.id);
      await queries.invalidateQueries({ queryKey: ['reminder-health'] });
    } catch (error) {
      failed(error);
    }
  };
  const waits = alarm.kind === 'waiting_run';
  // the words are those of the mail, which writes days as 2026-03-12
  const said = (text: string) => text.replaceAll(alarm.runOn, formatDay(alarm.runOn));
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 rounded-lg border border-critical/35 bg-critical-soft px-4 py-3">
      <Siren aria-hidden size={18} className="mt-0.5 shrink-0 text-critical" />
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium text-critical">{said(alarm.title)}</p>
        {alarm.detail.map((line) => (
          <p key={line} className="text-table">
            {said(line)}
          </p>
        ))}
        <p className="text-table text-muted">{relativeMoment(alarm.raisedAt)}</p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Link
          to={(alarm.runId ? `/reminders/runs/${alarm.runId}` : '/reminders/runs') as never}
          className="inline-flex h-8 items-center rounded-md border border-border-strong/60 bg-raised px-2.5 text-table font-medium hover:bg-sunken max-sm:h-10"
        >
          {waits ? 'Look and decide' : alarm.runId ? 'Show the run' : 'Show the runs'}
        </Link>
        {!waits && (
          <Button size="small" blockedBecause={refusal} onClick={() => void seen()}>
            I have seen it
          </Button>
        )}
      </div>
    </li>
  );
}
