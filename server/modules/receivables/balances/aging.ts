/** Open invoices of one currency by days past due, in minor units. Due today counts as current. */
export interface Aging {
  currentMinor: bigint;
  days1To30Minor: bigint;
  days31To60Minor: bigint;
  days61To90Minor: bigint;
  over90Minor: bigint;
  openMinor: bigint;
  overdueMinor: bigint;
  /** Open credits and, where asked for today, unapplied cash: a positive amount. */
  creditMinor: bigint;
  openCount: number;
  oldestDueOn: Temporal.PlainDate | null;
}

export const agingBuckets = ['current', '1-30', '31-60', '61-90', 'over 90'] as const;
export type AgingBucket = (typeof agingBuckets)[number];

/** The bucket of an invoice that many days past due; zero and less is current. */
export function bucketOf(daysPastDue: number): AgingBucket {
  if (daysPastDue <= 0) return 'current';
  if (daysPastDue <= 30) return '1-30';
  if (daysPastDue <= 60) return '31-60';
  if (daysPastDue <= 90) return '61-90';
  return 'over 90';
}
