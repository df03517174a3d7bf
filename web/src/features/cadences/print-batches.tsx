import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Check, Download, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { batchPdf, endBatch, letterPdf, listBatches, listLetters, type PrintBatch } from '../../api/cadences.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { Moment } from '../../components/date.tsx';
import { FormDialog, SidePanel } from '../../components/dialog.tsx';
import { Card } from '../../components/page.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';

const states = {
  open: { tone: 'caution', icon: 'waiting', words: 'To be printed' },
  printed: { tone: 'positive', icon: 'done', words: 'Printed' },
  cancelled: { tone: 'neutral', icon: 'stopped', words: 'Cancelled' },
} as const;

const PAGE = 20;

/** Batches, newest first: one PDF for all letters of each, and whether it was printed. */
export function PrintBatches() {
  const batches = usePages(['print-batches'], (cursor, signal) => listBatches({ limit: PAGE, cursor }, signal));
  const [ending, setEnding] = useState<{ batch: PrintBatch; how: 'printed' | 'cancel' } | null>(null);
  const [looking, setLooking] = useState<PrintBatch | null>(null);
  if (!batches.loading && !batches.error && batches.rows.length === 0) return null;
  return (
    <Card title="Print batches" flush>
      {batches.loading && <LinesSkeleton lines={3} />}
      {batches.error !== undefined && <Failure error={batches.error} retry={batches.retry} />}
      <ul className="divide-y divide-border">
        {batches.rows.map((batch) => (
          <Row key={batch.id} batch={batch} end={(how) => setEnding({ batch, how })} look={() => setLooking(batch)} />
        ))}
      </ul>
      {batches.more.available && (
        <div className="px-4 py-3">
          <Button size="small" pending={batches.more.loading} onClick={batches.more.load}>
            Show more
          </Button>
        </div>
      )}
      {ending && <EndDialog {...ending} onClose={() => setEnding(null)} />}
      {looking && <LettersOf batch={looking} onClose={() => setLooking(null)} />}
    </Card>
  );
}

function Row({ batch, end, look }: { batch: PrintBatch; end: (how: 'printed' | 'cancel') => void; look: () => void }) {
  const refusal = useRefusal('correspondence.write');
  const state = states[batch.state];
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="figures font-medium">{batch.number}</span>
          <Status tone={state.tone} icon={state.icon}>
            {state.words}
          </Status>
        </p>
        <p className="text-table text-muted">
          {batch.state === 'cancelled' ? (
            plural(batch.letters, 'letter')
          ) : (
            <button type="button" className="link rounded" onClick={look}>
              {plural(batch.letters, 'letter')}
            </button>
          )}
          , prepared by {batch.madeBy} <Moment value={batch.madeAt} both={false} />
          {batch.endedBy && `, ${batch.state} by ${batch.endedBy}`}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        {batch.state !== 'cancelled' && (
          <a
            href={batchPdf(batch.id)}
            target="_blank"
            rel="noreferrer"
            className={buttonClass('secondary', 'small')}
            aria-label={`One PDF for batch ${batch.number}`}
          >
            <Download aria-hidden size={16} />
            One PDF
          </a>
        )}
        {batch.state === 'open' && (
          <>
            <Button size="small" icon={Check} variant="primary" blockedBecause={refusal} onClick={() => end('printed')}>
              Mark as printed
            </Button>
            <Button size="small" icon={Undo2} blockedBecause={refusal} onClick={() => end('cancel')}>
              Cancel
            </Button>
          </>
        )}
      </div>
    </li>
  );
}

function EndDialog({ batch, how, onClose }: { batch: PrintBatch; how: 'printed' | 'cancel'; onClose: () => void }) {
  const queries = useQueryClient();
  const printed = how === 'printed';
  return (
    <FormDialog
      open
      onClose={onClose}
      danger={!printed}
      title={printed ? `Batch ${batch.number} was printed` : `Cancel batch ${batch.number}`}
      action={printed ? `Mark ${plural(batch.letters, 'letter')} as printed` : 'Cancel batch'}
      onSubmit={async () => {
        await endBatch(batch.id, how);
        await Promise.all([queries.invalidateQueries({ queryKey: ['letters'] }), queries.invalidateQueries({ queryKey: ['print-batches'] })]);
        done(printed ? `Batch ${batch.number} is on record as printed.` : `The letters of batch ${batch.number} wait again.`);
      }}
    >
      <p>
        {printed
          ? 'Do this when the letters are in their envelopes. It cannot be taken back.'
          : 'Its letters wait again, and say anew what is open when they are prepared.'}
      </p>
    </FormDialog>
  );
}

function LettersOf({ batch, onClose }: { batch: PrintBatch; onClose: () => void }) {
  const letters = usePages(['letters', 'batch', batch.id], (cursor, signal) =>
    listLetters({ state: undefined, batch: batch.id, limit: PAGE_SIZE, cursor }, signal),
  );
  return (
    <SidePanel open onClose={onClose} title={`Letters of batch ${batch.number}`}>
      {letters.loading && <LinesSkeleton lines={5} />}
      {letters.error !== undefined && <Failure error={letters.error} retry={letters.retry} />}
      <ul className="divide-y divide-border">
        {letters.rows.map((letter) => (
          <li key={letter.id} className="flex items-baseline justify-between gap-3 py-2">
            <span className="min-w-0">
              <Link to={`/customers/${letter.customer.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
                {letter.customer.name}
              </Link>
              <span className="block truncate text-table text-muted" title={letter.address.join(', ')}>
                {letter.address.join(', ')}
              </span>
            </span>
            <a href={letterPdf(letter.id)} target="_blank" rel="noreferrer" className="link figures shrink-0">
              {letter.number}
            </a>
          </li>
        ))}
      </ul>
      {letters.more.available && (
        <Button size="small" className="mt-3" pending={letters.more.loading} onClick={letters.more.load}>
          Show more
        </Button>
      )}
    </SidePanel>
  );
}
