import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { healthQuery, type Run, rulesQuery } from '../../api/reminders.ts';
import { formatMoment, relativeMoment } from '../../format/dates.ts';
import { formatCount } from '../../format/money.ts';
import { besidesMails, outgoing } from './outgoing.ts';

/** When the reminders ran last and whether their mails left, and when they run next. */
export function Heartbeat() {
  const { data } = useQuery(rulesQuery);
  const health = useQuery(healthQuery);
  if (!data) return <span className="invisible">–</span>;
  const active = data.items.some((rule) => rule.active);
  const last = health.data?.runs[0];
  return (
    <>
      {active ? `Next run ${relativeMoment(data.nextRunAt)}, ${formatMoment(data.nextRunAt)}.` : 'No rule is on, so nothing is sent.'}{' '}
      {last && (
        <Link to={`/reminders/runs/${last.id}` as never} className="link">
          Last run {relativeMoment(last.startedAt)}: {deliveryWords(last)}
        </Link>
      )}
    </>
  );
}

/** "14 of 14 sent", or what else is to be said of a run. */
function deliveryWords(run: Run): string {
  if (run.state === 'waiting') return `${outgoing(run)}, waiting for you`;
  if (run.state === 'canceled') return 'canceled';
  const { expected = run.mails, sent = 0 } = run.delivery ?? {};
  const besides = besidesMails(run);
  if (expected === 0) return besides.join(', ') || 'nothing to send';
  return [`${formatCount(sent)} of ${formatCount(expected)} sent`, ...besides].join(', ');
}
