import { useQuery } from '@tanstack/react-query';
import { FlaskConical, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { type RuleDraft, sentenceQuery, testRule } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Skeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { formatCount, formatList } from '../../format/money.ts';
import { DraftBacktestDialog } from './draft-backtest-dialog.tsx';
import { RuleTestPanel } from './rule-test-panel.tsx';
import { askedOf, bodyOf, type RuleFormState, useSettled } from './use-rule-draft.ts';

const useSentence = (body: RuleDraft) => useQuery(sentenceQuery(useSettled(body, 200)));

/** From how many characters on the sentence may need scrolling, which the keyboard must reach. */
const LONG = 300;

/** The rule as one English sentence while it is edited, and what it would do today. It stays in sight. */
export function RuleSummary({ form, ruleId }: { form: RuleFormState; ruleId: string | null }) {
  const body = bodyOf(form.draft);
  const sentence = useSentence(body);
  const [replaying, setReplaying] = useState(false);
  const [started, setStarted] = useState<string | null>(null);
  return (
    <div className="rounded-lg border border-accent/25 bg-accent-soft px-4 py-3 lg:[@media(min-height:760px)]:sticky lg:top-3 lg:z-10">
      <p
        aria-live="polite"
        // a sentence longer than that would cover the form, because it stays in sight
        className="max-h-36 overflow-y-auto text-[16px] leading-6 [overflow-wrap:anywhere]"
        tabIndex={(sentence.data?.length ?? 0) > LONG ? 0 : undefined}
      >
        {sentence.data ?? (sentence.isError ? 'This cannot be put into words yet.' : <Skeleton className="h-6 w-3/4" />)}
      </p>
      <div className="mt-1 flex flex-wrap items-baseline gap-x-3 text-table text-muted">
        <HitsToday body={useSettled(body, 700)} blockedBecause={form.missing.asked} />
        {form.missing.asked === null && (
          <button type="button" className="link rounded font-medium" onClick={() => setReplaying(true)}>
            Back-test over the past
          </button>
        )}
        {started && (
          // in another tab: the form may not be saved yet
          <a href={`/app/reminders/backtests/${started}`} target="_blank" rel="noreferrer" className="link font-medium">
            Show the back-test
          </a>
        )}
      </div>
      <DraftBacktestDialog
        open={replaying}
        onClose={() => setReplaying(false)}
        body={body}
        ruleId={ruleId}
        dirty={form.dirty}
        onStarted={(id) => {
          setStarted(id);
          done('The back-test has started.');
        }}
      />
    </div>
  );
}

/** Counted again whenever the rule has stood still for a moment. */
function HitsToday({ body, blockedBecause }: { body: RuleDraft; blockedBecause: string | null }) {
  const asked = askedOf(body);
  const test = useQuery({
    queryKey: ['rule-hits', asked],
    queryFn: () => testRule(asked, undefined, 1),
    enabled: blockedBecause === null,
    placeholderData: (before) => before,
    retry: false,
  });
  if (blockedBecause !== null) return <p>{blockedBecause}</p>;
  if (!test.data) return <p>{test.isError ? 'Whom it would remind today could not be counted.' : 'Counting whom it would remind today.'}</p>;
  const { mails, invoices, amounts, held } = test.data.summary;
  return (
    <p className={`figures ${test.isPlaceholderData ? 'opacity-60' : ''}`}>
      {mails === 0 ? 'Asked today, it would send nothing' : `Asked today, it would send ${plural(mails, 'reminder')} about ${plural(invoices, 'invoice')}`}
      {amounts.length > 0 && `, ${formatList(amounts)}`}
      {held > 0 && `; ${formatCount(held)} held back`}.
    </p>
  );
}

/** What can be done with the draft, behind its last field and always in sight. */
export function RuleBar({ form, isNew }: { form: RuleFormState; isNew: boolean }) {
  const { draft, dirty, missing, pending, save, reset } = form;
  const [testing, setTesting] = useState(false);
  const refusal = useRefusal('reminders.write');
  const body = bodyOf(draft);
  const sentence = useSentence(body);
  return (
    <div className="sticky bottom-3 z-10 flex flex-wrap items-center justify-end gap-2 rounded-xl border border-border bg-raised px-3 py-2 shadow-float">
      <p className="mr-auto text-table text-muted max-sm:hidden">{dirty ? 'Not saved yet' : isNew ? 'A new rule is switched off' : 'Saved'}</p>
      <Button icon={RotateCcw} blockedBecause={dirty ? undefined : 'Nothing has changed yet.'} onClick={reset}>
        Reset
      </Button>
      <Button icon={FlaskConical} blockedBecause={missing.asked ?? undefined} onClick={() => setTesting(true)}>
        Test rule
      </Button>
      <Button
        variant="primary"
        pending={pending}
        blockedBecause={refusal ?? (!isNew && !dirty ? 'Nothing has changed yet.' : undefined)}
        onClick={() => void save()}
      >
        Save rule
      </Button>
      <RuleTestPanel open={testing} onClose={() => setTesting(false)} sentence={sentence.data ?? ''} body={body} />
    </div>
  );
}
