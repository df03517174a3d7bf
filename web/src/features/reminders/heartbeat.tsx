import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { rulesQuery } from '../../api/reminders.ts';
import { formatMoment, plural, relativeMoment } from '../../format/dates.ts';

/** When the reminders ran last and what came of it, and when they run next. */
export function Heartbeat() {
  const { data } = useQuery(rulesQuery);
  if (!data) return <span className="invisible">–</span>;
  const active = data.items.some((rule) => rule.active);
  return (
    <>
      {active ? `Next run ${relativeMoment(data.nextRunAt)}, ${formatMoment(data.nextRunAt)}.` : 'No rule is on, so nothing is sent.'}{' '}
      {data.lastRun && (
        <Link to={`/reminders/runs/${data.lastRun.id}` as never} className="link">
          Last run {relativeMoment(data.lastRun.startedAt)}: {plural(data.lastRun.mails, 'mail')}
        </Link>
      )}
    </>
  );
}
