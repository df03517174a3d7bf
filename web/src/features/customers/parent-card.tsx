import { Link } from '@tanstack/react-router';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { type Customer, setParent } from '../../api/customers.ts';
import { useRefusal } from '../../api/session.ts';
import { IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Card } from '../../components/page.tsx';
import { done } from '../../components/toast.tsx';
import { useRefreshCustomers } from './customer-dialogs.tsx';
import { CustomerPicker, type PickedCustomer } from './customer-picker.tsx';

/** The customer that this one belongs to, and those that belong to it. */
export function ParentCard({ customer }: { customer: Customer }) {
  const [editing, setEditing] = useState(false);
  const refusal = useRefusal('customers.write');
  return (
    <Card
      title="Belongs to"
      actions={
        <IconButton
          icon={Pencil}
          size="small"
          label="Choose the parent customer"
          blockedBecause={refusal}
          onClick={() => refusal === undefined && setEditing(true)}
        />
      }
    >
      {customer.parent ? (
        <Link to={`/customers/${customer.parent.id}` as never} className="link [overflow-wrap:anywhere]">
          {customer.parent.name}
        </Link>
      ) : (
        customer.children.length === 0 && <p className="text-table text-muted">No other customer. Statements can go to a parent for all that belong to it.</p>
      )}
      {customer.children.length > 0 && (
        <>
          <p className="text-table text-muted">Belong to this customer:</p>
          <ul className="mt-1 max-h-60 space-y-1 overflow-y-auto">
            {customer.children.map((child) => (
              <li key={child.id} className="[overflow-wrap:anywhere]">
                <Link to={`/customers/${child.id}` as never} className="link">
                  {child.name}
                </Link>{' '}
                <span className="text-muted">{child.number}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {editing && <ParentDialog customer={customer} onClose={() => setEditing(false)} />}
    </Card>
  );
}

function ParentDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const [parent, setChosen] = useState<PickedCustomer | null>(customer.parent);
  const refresh = useRefreshCustomers();
  const same = (parent?.id ?? null) === (customer.parent?.id ?? null);
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Parent of ${customer.name}`}
      action={parent ? 'Save' : 'No parent'}
      blockedBecause={same ? 'Choose another customer first, or take the present one away.' : undefined}
      onSubmit={async () => {
        await setParent(customer.id, parent?.id ?? null);
        await refresh();
        done(parent ? `${customer.name} belongs to ${parent.name}.` : `${customer.name} belongs to no other customer.`);
      }}
    >
      <CustomerPicker value={parent} onChange={setChosen} />
      <p className="text-table text-muted">One level: a parent belongs to nobody itself.</p>
    </FormDialog>
  );
}
