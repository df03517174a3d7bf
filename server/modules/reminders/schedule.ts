/** Which days a run answers for. */

export interface Agenda {
  /** Oldest first; the last is the day of the run itself. */
  days: Temporal.PlainDate[];
  /** Days without a run that are too long ago to be caught up. */
  missed: Temporal.PlainDate[];
}

export interface AgendaInput {
  on: Temporal.PlainDate;
  /** Day of the last daily run before `on`. */
  lastRunOn: Temporal.PlainDate | null;
  /** First day of the earliest active rule; what lies before was never missed. */
  firstActivatedOn: Temporal.PlainDate | null;
  catchUpDays: number;
}

/** A stop of more than a year is not listed day by day. */
const MAX_MISSED = 366;

/** The day of the run, and before it the days since the last run, as far back as `catchUpDays`. */
export function agenda({ on, lastRunOn, firstActivatedOn, catchUpDays }: AgendaInput): Agenda {
  const days = [on];
  const missed: Temporal.PlainDate[] = [];
  const afterLast = lastRunOn?.add({ days: 1 }) ?? null;
  const from = latest(afterLast, firstActivatedOn) ?? on;
  const oldest = on.subtract({ days: catchUpDays });
  for (let day = on.subtract({ days: 1 }); Temporal.PlainDate.compare(day, from) >= 0; day = day.subtract({ days: 1 })) {
    if (Temporal.PlainDate.compare(day, oldest) >= 0) days.unshift(day);
    else missed.unshift(day);
    if (missed.length === MAX_MISSED) break;
  }
  return { days, missed };
}

function latest(a: Temporal.PlainDate | null, b: Temporal.PlainDate | null): Temporal.PlainDate | null {
  if (a === null || b === null) return a ?? b;
  return Temporal.PlainDate.compare(a, b) > 0 ? a : b;
}
