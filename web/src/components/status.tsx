import { AlertTriangle, Ban, Check, CircleDashed, Clock, type LucideIcon, Minus, Send, Undo2 } from 'lucide-react';

export type Tone = 'neutral' | 'accent' | 'positive' | 'caution' | 'critical';

const tones: Record<Tone, string> = {
  neutral: 'bg-sunken text-muted',
  accent: 'bg-accent-soft text-accent',
  positive: 'bg-positive-soft text-positive',
  caution: 'bg-caution-soft text-caution',
  critical: 'bg-critical-soft text-critical',
};

export const icons = {
  done: Check,
  waiting: Clock,
  draft: CircleDashed,
  alert: AlertTriangle,
  stopped: Ban,
  none: Minus,
  sent: Send,
  back: Undo2,
} satisfies Record<string, LucideIcon>;

/** A state in words, with an icon, so that colour never carries it alone. */
export function Status({ tone = 'neutral', icon, children }: { tone?: Tone; icon: keyof typeof icons; children: string }) {
  const Icon = icons[icon];
  return (
    <span className={`inline-flex h-[22px] max-w-full items-center gap-1 rounded-full px-2 text-label font-medium whitespace-nowrap ${tones[tone]}`}>
      <Icon aria-hidden size={12} strokeWidth={2.5} className="shrink-0" />
      <span className="truncate">{children}</span>
    </span>
  );
}

/** A small label without a state: a category, a role. */
export function Tag({ children }: { children: string }) {
  return (
    <span className="inline-flex h-[22px] max-w-40 min-w-10 items-center rounded border border-border bg-raised px-1.5 text-label text-text" title={children}>
      <span className="truncate">{children}</span>
    </span>
  );
}

/** A state of the product in its words. */
export function StatusOf({ state }: { state: { tone: Tone; icon: keyof typeof icons; words: string } }) {
  return (
    <Status tone={state.tone} icon={state.icon}>
      {state.words}
    </Status>
  );
}
