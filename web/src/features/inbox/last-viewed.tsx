import { useQuery } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { invoiceViewsQuery } from '../../api/inbox.ts';
import { Moment } from '../../components/date.tsx';

/** When the payer last looked at an invoice: by its link or PDF; a mail that was only shown says less, and says so. */
export function LastViewed({ invoiceId }: { invoiceId: string }) {
  const { data } = useQuery(invoiceViewsQuery(invoiceId));
  if (!data) return null;
  return (
    <p className="flex items-center gap-1.5 text-table text-muted">
      <Eye aria-hidden size={14} className="shrink-0" />
      {data.lastStrongAt ? (
        <span>
          Last viewed by the payer <Moment value={data.lastStrongAt} both={false} />
          {data.strongCount > 1 && `, ${data.strongCount} times`}
        </span>
      ) : data.lastWeakAt ? (
        <span>
          A mail with it was shown <Moment value={data.lastWeakAt} both={false} />; not opened
        </span>
      ) : (
        'Not viewed by the payer yet'
      )}
    </p>
  );
}
