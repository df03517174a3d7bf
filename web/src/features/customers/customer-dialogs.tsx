import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  addContact,
  categoriesQuery,
  categorize,
  changeContact,
  changeCustomer,
  type Contact,
  createCustomer,
  type Customer,
  pauseReminders,
  resumeReminders,
} from '../../api/customers.ts';
import { newKey } from '../../api/client.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import { addDays, formatDay, plural, today } from '../../format/dates.ts';

interface DialogState {
  open: boolean;
  onClose: () => void;
}

/** Refreshes everything that shows a customer. */
export function useRefreshCustomers(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all(['customer', 'customers', 'customer-timeline', 'categories'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };
}

/** A customer with its number, name and the address that reminders go to. */
export function NewCustomerDialog({ open, onClose }: DialogState) {
  const [draft, setDraft] = useState({ number: '', companyName: '', firstName: '', lastName: '', email: '', phone: '' });
  const [key, setKey] = useState(newKey);
  const refresh = useRefreshCustomers();
  const navigate = useNavigate();
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const named = draft.companyName.trim() || draft.firstName.trim() || draft.lastName.trim() || draft.email.trim();
  const missing = !draft.number.trim()
    ? 'Write the customer’s number first.'
    : !named
      ? 'Write a company name, a person’s name or an e-mail address first.'
      : undefined;
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="New customer"
      action="Add customer"
      blockedBecause={missing}
      onSubmit={async () => {
        const { number, companyName, firstName, lastName, email, phone } = draft;
        const person = [firstName.trim(), lastName.trim()].filter(Boolean).join(' ');
        const customer = await createCustomer(
          {
            number: number.trim(),
            companyName: companyName.trim() || null,
            firstName: firstName.trim() || null,
            lastName: lastName.trim() || null,
            phone: phone.trim() || null,
            ...(email.trim() ? { contacts: [{ email: email.trim(), name: person || null }] } : {}),
          },
          key,
        );
        setKey(newKey());
        setDraft({ number: '', companyName: '', firstName: '', lastName: '', email: '', phone: '' });
        await refresh();
        done(`${customer.name} added.`);
        void navigate({ to: '/customers/$id', params: { id: customer.id } } as never);
      }}
    >
      <TextField
        label="Customer number"
        help="The number in your accounting system; uploads find the customer by it."
        maxLength={64}
        value={draft.number}
        onChange={(number) => set({ number })}
        autoFocus
      />
      <TextField label="Company name" optional value={draft.companyName} onChange={(companyName) => set({ companyName })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="First name" optional value={draft.firstName} onChange={(firstName) => set({ firstName })} />
        <TextField label="Last name" optional value={draft.lastName} onChange={(lastName) => set({ lastName })} />
      </div>
      <TextField
        label="E-mail"
        optional
        help="Reminders go here. Without one the customer gets none."
        type="email"
        value={draft.email}
        onChange={(email) => set({ email })}
      />
      <TextField label="Phone" optional type="tel" value={draft.phone} onChange={(phone) => set({ phone })} />
    </FormDialog>
  );
}

export function EditCustomerDialog({ open, onClose, customer }: DialogState & { customer: Customer }) {
  const [draft, setDraft] = useState({
    companyName: customer.companyName ?? '',
    firstName: customer.firstName ?? '',
    lastName: customer.lastName ?? '',
    phone: customer.phone ?? '',
    language: customer.language ?? '',
  });
  const refresh = useRefreshCustomers();
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title={`Edit ${customer.name}`}
      action="Save"
      onSubmit={async () => {
        await changeCustomer(customer.id, Object.fromEntries(Object.entries(draft).map(([name, value]) => [name, value.trim() || null])));
        await refresh();
        done('Customer saved.');
      }}
    >
      <TextField label="Company name" optional value={draft.companyName} onChange={(companyName) => set({ companyName })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="First name" optional help="Greets the reader of a reminder." value={draft.firstName} onChange={(firstName) => set({ firstName })} />
        <TextField label="Last name" optional value={draft.lastName} onChange={(lastName) => set({ lastName })} />
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Phone" optional type="tel" value={draft.phone} onChange={(phone) => set({ phone })} />
        <TextField label="Language" optional help="Such as en or de." value={draft.language} onChange={(language) => set({ language })} />
      </div>
    </FormDialog>
  );
}

type Purpose = Contact['purposes'][number];

/** What each purpose brings; who gets what is decided by it. */
const purposeChoices: readonly { purpose: Purpose; label: string; help: string }[] = [
  { purpose: 'billing', label: 'Billing', help: 'Gets whatever has nobody of its own below.' },
  { purpose: 'reminders', label: 'Reminders', help: 'Reminders go to those who are ticked here.' },
  { purpose: 'statements', label: 'Statements', help: 'Statements go to those who are ticked here.' },
  { purpose: 'escalation', label: 'Escalation', help: 'Written to by the later steps of cadences.' },
  { purpose: 'letters', label: 'Letters', help: 'Named on letters of paper.' },
  { purpose: 'other', label: 'Other', help: 'In the address book only.' },
];

function toggled(purposes: ReadonlySet<Purpose>, purpose: Purpose, ticked: boolean): Set<Purpose> {
  const next = new Set(purposes);
  if (ticked) next.add(purpose);
  else next.delete(purpose);
  return next;
}

export function ContactDialog({ open, onClose, customer, contact }: DialogState & { customer: Customer; contact: Contact | null }) {
  const [draft, setDraft] = useState({
    name: contact?.name ?? '',
    email: contact?.email ?? '',
    phone: contact?.phone ?? '',
    purposes: new Set<Purpose>(contact?.purposes ?? ['billing']),
    language: contact?.language ?? '',
    isPrimary: contact?.isPrimary ?? customer.contacts.length === 0,
  });
  const refresh = useRefreshCustomers();
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title={contact ? 'Edit contact' : 'New contact'}
      action={contact ? 'Save' : 'Add contact'}
      blockedBecause={!draft.email.trim() ? 'Write an e-mail address first.' : draft.purposes.size === 0 ? 'Tick what the contact is for.' : undefined}
      onSubmit={async () => {
        const body = {
          name: draft.name.trim() || null,
          email: draft.email.trim(),
          phone: draft.phone.trim() || null,
          purposes: [...draft.purposes],
          language: draft.language.trim() || null,
          isPrimary: draft.isPrimary,
        };
        if (contact) await changeContact(customer.id, contact.id, body);
        else await addContact(customer.id, body);
        await refresh();
        done(contact ? 'Contact saved.' : `${body.email} added.`);
      }}
    >
      <TextField label="Name" optional value={draft.name} onChange={(name) => set({ name })} autoFocus />
      <TextField label="E-mail" type="email" value={draft.email} onChange={(email) => set({ email })} />
      <TextField label="Phone" optional type="tel" value={draft.phone} onChange={(phone) => set({ phone })} />
      <fieldset>
        <legend className="mb-1.5 text-table font-medium">What for</legend>
        <div className="space-y-2">
          {purposeChoices.map((choice) => (
            <CheckField
              key={choice.purpose}
              label={choice.label}
              help={choice.help}
              checked={draft.purposes.has(choice.purpose)}
              onChange={(ticked) => set({ purposes: toggled(draft.purposes, choice.purpose, ticked) })}
            />
          ))}
        </div>
      </fieldset>
      <TextField
        label="Language"
        optional
        help="Such as en or de. Templates with a text in it use that; without one, the customer’s language counts."
        maxLength={20}
        value={draft.language}
        onChange={(language) => set({ language })}
      />
      <CheckField
        label="Primary contact"
        help="Of those who get a mail, the primary contact is written to and the others are copied."
        checked={draft.isPrimary}
        onChange={(isPrimary) => set({ isPrimary })}
      />
    </FormDialog>
  );
}

/** No reminders until a day, with the reason that colleagues will read. */
export function PauseDialog({ open, onClose, customer }: DialogState & { customer: { id: string; name: string } }) {
  const [until, setUntil] = useState(addDays(today(), 14));
  const [reason, setReason] = useState('');
  const refresh = useRefreshCustomers();
  const valid = /^\d{4}-\d{2}-\d{2}$/.test(until) && until > today();
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title={`Pause reminders to ${customer.name}`}
      action={valid ? `Pause until ${formatDay(until)}` : 'Pause'}
      blockedBecause={valid ? undefined : 'Choose a day after today.'}
      onSubmit={async () => {
        await pauseReminders(customer.id, until, reason.trim() || null);
        await refresh();
        done(`Reminders paused until ${formatDay(until)}.`, async () => {
          await resumeReminders(customer.id);
          await refresh();
        });
      }}
    >
      <TextField label="Until" type="date" min={addDays(today(), 1)} value={until} onChange={setUntil} help="Reminders start again on the day after." />
      <TextField
        label="Reason"
        optional
        help="Shown to colleagues and in the decisions of each run."
        maxLength={500}
        value={reason}
        onChange={setReason}
        placeholder="Promised to pay by the end of the month"
      />
    </FormDialog>
  );
}

/** Gives and takes categories of the customers selected. Untouched categories stay as they are. */
export function CategorizeDialog({ open, onClose, customers }: DialogState & { customers: readonly { id: string; categories: readonly { id: string }[] }[] }) {
  const { data: categories = [] } = useQuery(categoriesQuery);
  const refresh = useRefreshCustomers();
  const [changes, setChanges] = useState<Readonly<Record<string, boolean>>>({});
  const holders = (id: string) => customers.filter((customer) => customer.categories.some((category) => category.id === id)).length;
  const add = Object.keys(changes).filter((id) => changes[id]);
  const remove = Object.keys(changes).filter((id) => changes[id] === false);
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title={customers.length === 1 ? 'Categories' : `Categories of ${plural(customers.length, 'customer')}`}
      action={customers.length === 1 ? 'Save' : `Change ${plural(customers.length, 'customer')}`}
      blockedBecause={add.length + remove.length > 0 ? undefined : 'Tick or untick a category first.'}
      onSubmit={async () => {
        const ids = customers.map((customer) => customer.id);
        await categorize(ids, add, remove);
        await refresh();
        setChanges({});
        // only those whom this changed: a customer who had the category before keeps it
        const changed = (category: string, had: boolean) =>
          customers.filter((customer) => customer.categories.some(({ id }) => id === category) === had).map((customer) => customer.id);
        done('Categories changed.', async () => {
          for (const category of add) if (changed(category, false).length > 0) await categorize(changed(category, false), [], [category]);
          for (const category of remove) if (changed(category, true).length > 0) await categorize(changed(category, true), [category], []);
          await refresh();
        });
      }}
    >
      {categories.length === 0 && <p className="text-muted">There are no categories yet. Add them under Customers, Categories.</p>}
      <div className="space-y-2.5">
        {categories.map((category) => {
          const count = holders(category.id);
          const checked = changes[category.id] ?? count === customers.length;
          return (
            <CheckField
              key={category.id}
              label={category.name}
              help={changes[category.id] === undefined && count > 0 && count < customers.length ? `${count} of ${customers.length} have it` : undefined}
              checked={checked}
              onChange={(next) => setChanges({ ...changes, [category.id]: next })}
            />
          );
        })}
      </div>
    </FormDialog>
  );
}
