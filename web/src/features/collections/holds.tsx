import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { PauseCircle } from 'lucide-react';
import { useState } from 'react';
import { type About, type Hold, holdsQuery, releaseHold } from '../../api/collections.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { useRefreshCollections } from './refresh.ts';
import { holdSentence } from './words.ts';

/** Why reminders leave something out, and the way to let them go on. Nothing when nothing holds. */
export function Holds({ about }: { about: About }) {
  const holds = useQuery(holdsQuery(about));
  const [releasing, setReleasing] = useState<Hold | null>(null);
  const refusal = useRefusal('collections.write');
  if (!holds.data || holds.data.length === 0) return null;
  return (
    <section aria-label="Holds" className="rounded-lg border border-caution/30 bg-caution-soft">
      <ul className="divide-y divide-caution/20">
        {holds.data.map((hold) => (
          <li key={hold.id} className="flex flex-wrap items-start gap-x-3 gap-y-1 px-4 py-2.5">
            <PauseCircle aria-hidden size={16} className="mt-0.5 shrink-0 text-caution" />
            <div className="min-w-0 flex-1 basis-48">
              <p className="font-medium text-caution">Reminders held: {holdSentence(hold)}</p>
              <p className="text-table text-text [overflow-wrap:anywhere]">
                {'customerId' in about &&
                  (hold.invoice ? (
                    <Link to={`/invoices/${hold.invoice.id}` as never} className="link">
                      {hold.invoice.number}
                    </Link>
                  ) : (
                    'All invoices'
                  ))}
                {'invoiceId' in about && !hold.invoice && 'All invoices of the customer'}
                {[hold.note, `by ${hold.placedBy}`]
                  .filter(Boolean)
                  .map((part) => ` · ${part}`)
                  .join('')
                  .replace(/^ · /, 'customerId' in about || !hold.invoice ? ' · ' : '')}
              </p>
            </div>
            <Button size="small" blockedBecause={refusal} onClick={() => setReleasing(hold)}>
              Release
            </Button>
          </li>
        ))}
      </ul>
      {releasing && <ReleaseDialog hold={releasing} onClose={() => setReleasing(null)} />}
    </section>
  );
}

function ReleaseDialog({ hold, onClose }: { hold: Hold; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const refresh = useRefreshCollections();
  const stays =
    hold.kind === 'dispute'
      ? ' The dispute itself stays open.'
      : hold.kind === 'promise'
        ? ' The promise itself stays, and whether it is kept is still watched.'
        : '';
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Release the hold"
      action="Release"
      onSubmit={async () => {
        await releaseHold(hold.id, reason.trim() || null);
        await refresh();
        done('The hold is released. Reminders go on.');
      }}
    >
      <p>
        Reminders ask for {hold.invoice ? hold.invoice.number : 'the invoices of this customer'} again.{stays}
      </p>
      <TextField label="Reason" optional maxLength={500} value={reason} onChange={setReason} help="Colleagues read it in the history." />
    </FormDialog>
  );
}
