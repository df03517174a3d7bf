import { useEffect, useState } from 'react';
import { createPayLink } from '../../api/payments.ts';
import { CopyText } from '../../components/copy.tsx';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { InlineError, LinesSkeleton } from '../../components/states.tsx';
import { formatMoney, type Money } from '../../format/money.ts';

/** Makes a pay link for these invoices, or for all that the customer owes, and shows it to copy. */
export function PayLinkDialog({ customer, documentIds, onClose }: { customer: { id: string; name: string }; documentIds?: string[]; onClose: () => void }) {
  const [link, setLink] = useState<{ url: string; amount: Money } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const ids = documentIds?.join();
  useEffect(() => {
    let gone = false;
    createPayLink(customer.id, ids?.split(',')).then(
      (made) => !gone && setLink(made),
      (refusal) => !gone && setError(refusal),
    );
    return () => {
      gone = true;
    };
  }, [customer.id, ids]);
  return (
    <Dialog
      open
      onClose={onClose}
      title={link ? `Pay link for ${formatMoney(link.amount)}` : 'Pay link'}
      lead={`${customer.name} can pay with it; nobody can see more than these invoices.`}
      footer={<Button onClick={onClose}>Done</Button>}
    >
      {error !== null ? <InlineError error={error} /> : link ? <CopyText label="Link" value={link.url} /> : <LinesSkeleton lines={1} />}
      {link && (
        <p className="mt-3 text-table text-muted">
          It is shown this once. A payment with a saved card or account is confirmed by a mail to the customer’s own address.
        </p>
      )}
    </Dialog>
  );
}
