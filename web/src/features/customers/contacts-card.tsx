import { MoreHorizontal, Pencil, Plus, Star, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { changeContact, type Contact, type Customer, removeContact } from '../../api/customers.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Note } from '../../components/page.tsx';
import { done, failed } from '../../components/toast.tsx';
import { ContactDialog, useRefreshCustomers } from './customer-dialogs.tsx';
import { languageName } from '../../format/languages.ts';

const purposeWords: Record<Contact['purposes'][number], string> = {
  billing: 'Billing',
  reminders: 'Reminders',
  statements: 'Statements',
  escalation: 'Escalation',
  letters: 'Letters',
  other: 'Gets no mail',
};

/** The people there: who is written to, who is copied, for what. */
export function ContactsCard({ customer }: { customer: Customer }) {
  const [editing, setEditing] = useState<Contact | 'new' | null>(null);
  const [removing, setRemoving] = useState<Contact | null>(null);
  const refusal = useRefusal('customers.write');
  const refresh = useRefreshCustomers();
  const makePrimary = async (contact: Contact) => {
    try {
      await changeContact(customer.id, contact.id, { isPrimary: true });
      await refresh();
      done(`Reminders now go to ${contact.email}.`);
    } catch (error) {
      failed(error);
    }
  };
  return (
    <Card
      title="Contacts"
      flush
      actions={
        <Button size="small" icon={Plus} blockedBecause={refusal} onClick={() => setEditing('new')}>
          Add
        </Button>
      }
    >
      {customer.contacts.length === 0 && (
        <div className="px-4 pb-4">
          <Note tone="caution">No e-mail address: this customer gets no reminders. Add a contact.</Note>
        </div>
      )}
      <ul className="divide-y divide-border border-t border-border">
        {customer.contacts.map((contact) => (
          <li key={contact.id} className="flex items-start gap-2 px-4 py-2.5">
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">{contact.name ?? contact.email}</p>
              {contact.name && (
                <a href={`mailto:${contact.email}`} className="link block truncate text-table">
                  {contact.email}
                </a>
              )}
              <p className="text-label text-muted">
                {[
                  contact.isPrimary && 'Primary',
                  ...contact.purposes.map((purpose) => purposeWords[purpose]),
                  contact.language && languageName(contact.language),
                  contact.phone,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
            </div>
            <Menu
              trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for ${contact.email}`} />}
              actions={[
                { label: 'Edit', icon: Pencil, onSelect: () => setEditing(contact), blockedBecause: refusal },
                ...(contact.isPrimary ? [] : [{ label: 'Make primary', icon: Star, onSelect: () => void makePrimary(contact), blockedBecause: refusal }]),
                { label: 'Remove', icon: Trash2, danger: true, onSelect: () => setRemoving(contact), blockedBecause: refusal },
              ]}
            />
          </li>
        ))}
      </ul>
      {editing && (
        <ContactDialog
          key={editing === 'new' ? 'new' : editing.id}
          open
          onClose={() => setEditing(null)}
          customer={customer}
          contact={editing === 'new' ? null : editing}
        />
      )}
      {removing && (
        <FormDialog
          open
          onClose={() => setRemoving(null)}
          danger
          title={`Remove ${removing.email}`}
          action="Remove contact"
          onSubmit={async () => {
            await removeContact(customer.id, removing.id);
            await refresh();
            done(`${removing.email} removed.`);
          }}
        >
          <p>
            {removing.isPrimary && customer.contacts.length > 1
              ? 'Reminders will go to another contact of this customer.'
              : customer.contacts.length === 1
                ? 'This is the only contact: the customer will get no reminders.'
                : 'Mails that were sent stay in the history.'}
          </p>
        </FormDialog>
      )}
    </Card>
  );
}
