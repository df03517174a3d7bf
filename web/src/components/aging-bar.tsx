import { formatMoney, isZero, type Money, share, totals } from '../format/money.ts';

export interface Aging {
  current: Money;
  days1To30: Money;
  days31To60: Money;
  days61To90: Money;
  over90: Money;
}

export const buckets = [
  { key: 'current', label: 'Not yet due', color: 'var(--aging-0)' },
  { key: 'days1To30', label: '1–30 days', color: 'var(--aging-1)' },
  { key: 'days31To60', label: '31–60 days', color: 'var(--aging-2)' },
  { key: 'days61To90', label: '61–90 days', color: 'var(--aging-3)' },
  { key: 'over90', label: 'Over 90 days', color: 'var(--aging-4)' },
] as const satisfies readonly { key: keyof Aging; label: string; color: string }[];

/** Five buckets in one bar, always in the same order and colours, each written out below with its amount. */
export function AgingBar({ value, compact = false }: { value: Aging; compact?: boolean }) {
  const total = totals(buckets.map((bucket) => value[bucket.key]))[0];
  const words = buckets.map((bucket) => `${bucket.label} ${formatMoney(value[bucket.key])}`).join(', ');
  return (
    <div>
      <div role="img" aria-label={`By age: ${words}`} className={`flex w-full gap-0.5 overflow-hidden rounded-sm bg-sunken ${compact ? 'h-2' : 'h-3'}`}>
        {total &&
          buckets.map((bucket) => {
            const part = share(value[bucket.key].amount, total.amount);
            if (part <= 0) return null;
            return <span key={bucket.key} className="min-w-0.5" style={{ flexGrow: part, background: bucket.color }} />;
          })}
      </div>
      {/* an amount that is wider than its share of the row takes the next one */}
      {!compact && (
        <dl className="mt-3 flex flex-wrap gap-x-4 gap-y-3">
          {buckets.map((bucket) => (
            <div key={bucket.key} className="grow basis-[calc(50%-8px)] sm:basis-0">
              <dt className="flex items-center gap-1.5 text-label text-muted">
                <span aria-hidden className="size-2 shrink-0 rounded-[2px]" style={{ background: bucket.color }} />
                {bucket.label}
              </dt>
              <dd className={`figures mt-0.5 font-medium ${isZero(value[bucket.key].amount) ? 'text-muted' : ''}`}>{formatMoney(value[bucket.key])}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
