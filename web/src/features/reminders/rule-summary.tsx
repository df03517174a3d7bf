import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type RuleDraft, sentenceQuery, testRule } from '../../api/reminders.ts';
import { done } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { formatCount, formatList } from '../../format/money.ts';
import { DraftBacktestDialog } from './draft-backtest-dialog.tsx';
import { RuleSentence } from './rule-form.tsx';
import { RuleTestPanel } from './rule-test-panel.tsx';
import { useSettled } from './use-form-draft.ts';
import { askedOf, bodyOf, type RuleFormState } from './use-rule-draft.ts';

const useSentence = (body: RuleDraft) => useQuery(sentenceQuery(useSettled(body, 200)));

/** The rule as one English sentence while it is edited, and what it would do today. It stays in sight. */
export function RuleSummary({ form, ruleId }: { form: RuleFormState; ruleId: string | null }) {
  const body = bodyOf(form.draft);
  const sentence = useSentence(body);
  const [replaying, setReplaying] = useState(false);
  const [started, setStarted] = useState<string | null>(null);
  return (
    <RuleSentence sentence={sentence}>
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
    </RuleSentence>
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

/** The panel of “Test rule”, under the sentence of what is tested. */
export function TestPanel({ draft, open, onClose }: { draft: RuleFormState['draft']; open: boolean; onClose: () => void }) {
  const body = bodyOf(draft);
  const sentence = useSentence(body);
  return <RuleTestPanel open={open} onClose={onClose} sentence={sentence.data ?? ''} body={body} />;
}
