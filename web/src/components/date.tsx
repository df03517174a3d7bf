import { formatDay, formatDayShort, formatMoment, relativeDay, relativeMoment } from '../format/dates.ts';

/** A business day in a table: short, the full date on hover. */
export function DayCell({ value }: { value: string | null | undefined }) {
  if (!value) return <span className="text-muted">–</span>;
  return (
    <time dateTime={value} title={`${formatDay(value)}, ${relativeDay(value)}`} className="figures whitespace-nowrap">
      {formatDayShort(value)}
    </time>
  );
}

/** A moment: how long ago, and when exactly. */
export function Moment({ value, both = true }: { value: string | null | undefined; both?: boolean }) {
  if (!value) return <span className="text-muted">never</span>;
  return (
    <time dateTime={value} title={formatMoment(value)} className="figures">
      {both ? (
        <>
          {formatMoment(value)}
          <span className="text-muted"> · {relativeMoment(value)}</span>
        </>
      ) : (
        relativeMoment(value)
      )}
    </time>
  );
}
