import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { BacktestDetail } from '../../api/proof.ts';
import { addDays, formatDay, formatDayShort } from '../../format/dates.ts';
import { formatCount } from '../../format/money.ts';

interface Week {
  from: string;
  to: string;
  mails: number;
  base: number;
}

interface ChartProps {
  from: string;
  to: string;
  days: BacktestDetail['days'];
  byWeek: boolean;
  base: string;
}

/** Every day or week of the period, also those without a mail. */
function weeksOf({ from, to, days, byWeek }: ChartProps): Week[] {
  const size = byWeek ? 7 : 1;
  const weeks: Week[] = [];
  for (let day = from; day <= to; day = addDays(day, size)) weeks.push({ from: day, to: addDays(day, size - 1), mails: 0, base: 0 });
  for (const day of days) {
    const week = weeks.findLast((one) => one.from <= day.day);
    if (!week) continue;
    week.mails += day.mails;
    week.base += day.baseMails;
  }
  return weeks;
}

/** Mails of both sides side by side; the same numbers as a table for those who cannot see it. */
export default function BacktestChart(props: ChartProps) {
  const { base, byWeek } = props;
  const weeks = weeksOf(props);
  if (props.days.length === 0) return <p className="text-muted">No mail on either side.</p>;
  return (
    <figure className="m-0">
      <div aria-hidden className="h-56 text-label">
        <ResponsiveContainer width="100%" height="100%">
          <BarChart accessibilityLayer={false} data={weeks} margin={{ top: 4, right: 0, bottom: 0, left: 0 }} barGap={1}>
            <CartesianGrid vertical={false} stroke="var(--border)" />
            <XAxis
              dataKey="from"
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--muted)', fontSize: 11 }}
              tickFormatter={(day: string) => formatDayShort(day)}
              interval="preserveStartEnd"
              minTickGap={24}
            />
            <YAxis
              width={48}
              allowDecimals={false}
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--muted)', fontSize: 11 }}
              tickFormatter={(value: number) => formatCount(value)}
            />
            <Tooltip cursor={{ fill: 'var(--sunken)' }} content={({ payload }) => <Hint week={payload?.[0]?.payload as Week | undefined} base={base} />} />
            <Legend itemSorter={null} iconType="square" iconSize={10} formatter={(value: string) => <span className="text-table text-muted">{value}</span>} />
            <Bar name="Replay" dataKey="mails" fill="var(--accent-fill)" radius={[2, 2, 0, 0]} maxBarSize={24} isAnimationActive={false} />
            <Bar name={base} dataKey="base" fill="var(--border-strong)" radius={[2, 2, 0, 0]} maxBarSize={24} isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <table className="sr-only">
        <caption>{byWeek ? 'Mails by week' : 'Mails by day'}</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Replay</th>
            <th scope="col">{base}</th>
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week.from}>
              <th scope="row">{formatDay(week.from)}</th>
              <td>{week.mails}</td>
              <td>{week.base}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function Hint({ week, base }: { week: Week | undefined; base: string }) {
  if (!week) return null;
  return (
    <div className="rounded-md border border-border bg-raised px-3 py-2 shadow-float">
      <p className="text-label text-muted">{week.from === week.to ? formatDay(week.from) : `${formatDay(week.from)} to ${formatDay(week.to)}`}</p>
      <p className="figures">
        Replay <span className="font-medium">{formatCount(week.mails)}</span>
      </p>
      <p className="figures">
        {base} <span className="font-medium">{formatCount(week.base)}</span>
      </p>
    </div>
  );
}
