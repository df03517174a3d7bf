import { useQuery } from '@tanstack/react-query';
import { CreditCard, Landmark, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Customer } from '../../api/customers.ts';
import { methodsQuery, type PaymentMethod, removeMethod } from '../../api/payments.ts';
import { useRefusal } from '../../api/session.ts';
import { IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Card } from '../../components/page.tsx';
import { LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { methodLine } from '../payments/attempt-view.tsx';
import { useRefreshCustomers } from './customer-dialogs.tsx';

const methodName = (method: PaymentMethod): string => methodLine({ rail: method.rail, method });

/** Cards and bank accounts that a payer keeps. */
export function MethodsCard({ customer }: { customer: Customer }) {
  const methods = useQuery(methodsQuery(customer.id));
  const [removing, setRemoving] = useState<PaymentMethod | null>(null);
  const refusal = useRefusal('customers.write');
  const refresh = useRefreshCustomers();
  return (
    <Card title="Payment methods" flush>
      {methods.isPending && <LinesSkeleton lines={2} />}
      {methods.data?.length === 0 && (
        <p className="px-4 pb-4 text-table text-muted">None saved. A card or bank account that a payer keeps on a pay page stands here.</p>
      )}
      <ul className="divide-y divide-border border-t border-border empty:border-0">
        {methods.data?.map((method) => (
          <li key={method.id} className="flex items-center gap-3 px-4 py-2.5">
            {method.rail === 'card' ? <CreditCard aria-hidden size={16} className="text-muted" /> : <Landmark aria-hidden size={16} className="text-muted" />}
            <div className="min-w-0 flex-1">
              <p>{methodName(method)}</p>
              <p className="text-label text-muted">
                {method.expMonth && method.expYear ? `Valid until ${String(method.expMonth).padStart(2, '0')}/${method.expYear}` : ''}
                {method.holderName ? `${method.expMonth ? ' · ' : ''}${method.holderName}` : ''}
              </p>
            </div>
            <IconButton
              icon={Trash2}
              size="small"
              label={`Forget ${methodName(method)}`}
              blockedBecause={refusal}
              onClick={() => refusal === undefined && setRemoving(method)}
            />
          </li>
        ))}
      </ul>
      {removing && (
        <FormDialog
          open
          onClose={() => setRemoving(null)}
          danger
          title={`Forget ${methodName(removing)}`}
          action="Forget it"
          onSubmit={async () => {
            await removeMethod(removing.id);
            await refresh();
            done(`${methodName(removing)} forgotten.`);
          }}
        >
          <p>Buttons in mails that pay with it stop working; the payer can use another method there.</p>
        </FormDialog>
      )}
    </Card>
  );
}
