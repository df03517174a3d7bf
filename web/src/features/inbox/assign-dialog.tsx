import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { assignConversation, type ConversationDetail, suggestionsQuery } from '../../api/inbox.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { CustomerPicker, type PickedCustomer } from '../customers/customer-picker.tsx';

const because = { address: 'has this address as a contact', domain: 'has contacts of this domain' };

/** Whose a conversation is: a customer found by name or suggested, once or for all that this sender writes. */
export function AssignDialog({
  conversation,
  sender,
  onClose,
  onDone,
}: {
  conversation: ConversationDetail;
  sender: string;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}) {
  const [customer, setCustomer] = useState<PickedCustomer | null>(null);
  const [always, setAlways] = useState(false);
  const suggestions = useQuery(suggestionsQuery(conversation.id));
  const offered = (suggestions.data ?? []).filter((one) => one.customerId !== conversation.customer?.id);
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Whose mail is this?"
      lead={sender}
      action="Assign"
      blockedBecause={customer ? undefined : 'Choose a customer first.'}
      onSubmit={async () => {
        const { conversations } = await assignConversation(conversation.id, customer!.id, always);
        await onDone();
        done(conversations > 1 ? `${plural(conversations, 'conversation')} of ${sender} now with ${customer!.name}.` : `Now with ${customer!.name}.`);
      }}
    >
      <CustomerPicker value={customer} onChange={setCustomer} />
      {!customer && offered.length > 0 && (
        <ul className="space-y-1.5">
          {offered.map((one) => (
            <li key={one.customerId} className="flex flex-wrap items-center justify-between gap-2">
              <span className="min-w-0 text-table">
                <span className="font-medium">{one.name}</span> <span className="text-muted">{because[one.because]}</span>
              </span>
              <Button size="small" onClick={() => setCustomer({ id: one.customerId, name: one.name, number: one.number })}>
                Choose {one.number}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <CheckField
        label={`Always for ${sender}`}
        help="What this sender wrote before and will write goes to this customer too."
        checked={always}
        onChange={setAlways}
      />
    </FormDialog>
  );
}
