import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatDay, formatTime, dayOf, relativeDay } from '../format/dates.ts';

export interface TimelineEntry {
  id: string;
  at: string;
  icon: LucideIcon;
  tone?: 'neutral' | 'positive' | 'caution' | 'critical';
  title: ReactNode;
  detail?: ReactNode;
}

const tones = { neutral: 'text-muted', positive: 'text-positive', caution: 'text-caution', critical: 'text-critical' };

/** What happened, newest first, with the day once and the time of each. */
export function Timeline({ entries, seconds = false }: { entries: readonly TimelineEntry[]; seconds?: boolean }) {
  return (
    <ol className="relative">
      {entries.map((entry, index) => {
        const day = dayOf(entry.at);
        const previous = entries[index - 1];
        const newDay = !previous || dayOf(previous.at) !== day;
        return (
          <li key={entry.id} className="relative pl-8">
            {newDay && (
              <p className={`-ml-8 text-label font-medium text-muted ${index === 0 ? '' : 'pt-3'} pb-2`}>
                {formatDay(day)} · {relativeDay(day)}
              </p>
            )}
            <div className="relative pb-3">
              <span
                className={`absolute top-0 -left-8 grid size-5 place-items-center rounded-full border border-border bg-raised ${tones[entry.tone ?? 'neutral']}`}
              >
                <entry.icon aria-hidden size={12} />
              </span>
              <div className="flex items-baseline justify-between gap-3">
                <div className="min-w-0 [overflow-wrap:anywhere]">{entry.title}</div>
                <time dateTime={entry.at} className="figures shrink-0 text-label text-muted">
                  {formatTime(entry.at, seconds)}
                </time>
              </div>
              {entry.detail && <div className="text-table text-muted [overflow-wrap:anywhere]">{entry.detail}</div>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
