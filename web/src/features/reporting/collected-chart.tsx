import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatMonth } from '../../format/dates.ts';
import { forDrawing, formatMoney, formatShort } from '../../format/money.ts';

interface Month {
  month: string;
  amount: string;
}

/** Collections of the last twelve months; the same numbers as a table for those who cannot see it. */
export default function CollectedChart({ months, currency }: { months: readonly Month[]; currency: string }) {
  const data = months.map((entry) => ({ ...entry, height: forDrawing(entry.amount), label: formatMonth(entry.month) }));
  return (
    <figure className="m-0">
      <div aria-hidden className="h-48 text-label">
        <ResponsiveContainer width="100%" height="100%">
          <BarChart accessibilityLayer={false} data={data} margin={{ top: 4, right: 0, bottom: 0, left: 0 }}>
            <CartesianGrid vertical={false} stroke="var(--border)" />
            <XAxis
              dataKey="label"
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--muted)', fontSize: 11 }}
              tickFormatter={(label: string) => label.slice(0, 3)}
              interval="preserveStartEnd"
            />
            <YAxis
              width={56}
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--muted)', fontSize: 11 }}
              tickFormatter={(value: number) => formatShort({ amount: String(Math.round(value)), currency })}
            />
            <Tooltip
              cursor={{ fill: 'var(--sunken)' }}
              content={({ payload }) => <Hint entry={payload?.[0]?.payload as (Month & { label: string }) | undefined} currency={currency} />}
            />
            <Bar dataKey="height" fill="var(--accent-fill)" radius={[3, 3, 0, 0]} maxBarSize={36} isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <table className="sr-only">
        <caption>Collected by month</caption>
        <tbody>
          {months.map((entry) => (
            <tr key={entry.month}>
              <th scope="row">{formatMonth(entry.month)}</th>
              <td>{formatMoney({ amount: entry.amount, currency })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function Hint({ entry, currency }: { entry: (Month & { label: string }) | undefined; currency: string }) {
  if (!entry) return null;
  return (
    <div className="rounded-md border border-border bg-raised px-3 py-2 shadow-float">
      <p className="text-label text-muted">{entry.label}</p>
      <p className="figures font-medium">{formatMoney({ amount: entry.amount, currency })}</p>
    </div>
  );
}
