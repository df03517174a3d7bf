import { CheckField, RadioField, SelectField, TextField } from '../../components/field.tsx';
import { Note, Page } from '../../components/page.tsx';
import { SettingsForm } from './settings-form.tsx';

const hours = Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: `${String(hour).padStart(2, '0')}:00` }));

/** A whole number typed into a text field, or null. */
export function wholeNumber(text: string, min: number, max: number): number | null {
  if (!/^\d{1,5}$/.test(text.trim())) return null;
  const number = Number(text);
  return number >= min && number <= max ? number : null;
}

/** When the reminders go out and how they are put together. */
export function RemindersPolicyPage() {
  return (
    <Page title="Reminders" width="narrow">
      <SettingsForm
        title="Daily run"
        lead="The active rules are asked once a day, at this hour of the company’s time zone."
        read={({ reminders }) => ({ hour: String(reminders.hour), catchUpDays: String(reminders.catchUpDays), grouping: reminders.grouping })}
        write={(draft) => {
          const catchUpDays = wholeNumber(draft.catchUpDays, 0, 31);
          return catchUpDays === null
            ? 'Days to catch up: write a whole number from 0 to 31.'
            : { reminders: { hour: Number(draft.hour), catchUpDays, grouping: draft.grouping } };
        }}
      >
        {({ draft, set, error }) => (
          <>
            <SelectField
              label="Hour of the run"
              className="max-w-40"
              value={draft.hour}
              error={error('reminders.hour')}
              onChange={(hour) => set({ hour })}
              choices={hours}
            />
            <TextField
              label="Days to catch up"
              className="max-w-40"
              help="When a run was missed, its reminders still go out within this many days. Later ones are recorded as missed."
              inputMode="numeric"
              suffix="days"
              value={draft.catchUpDays}
              error={error('reminders.catchUpDays')}
              onChange={(catchUpDays) => set({ catchUpDays })}
            />
            <RadioField
              label="When several rules match a customer on one day"
              value={draft.grouping}
              onChange={(grouping) => set({ grouping: grouping as typeof draft.grouping })}
              choices={[
                { value: 'merged', label: 'Send one message with all the invoices', help: 'The template of the first rule in the list is used.' },
                { value: 'per_rule', label: 'Send one message for each rule', help: 'A customer may get several messages on a day.' },
              ]}
            />
          </>
        )}
      </SettingsForm>
    </Page>
  );
}

/** How uploaded files are read when they leave something open. */
export function IntakePolicyPage() {
  return (
    <Page title="Imports" width="narrow">
      <SettingsForm
        title="Reading files"
        lead="For files and uploads that leave something open."
        read={({ intake }) => ({
          dayFirst: intake.dayFirst,
          decimalComma: intake.decimalComma,
          defaultTermsDays: String(intake.defaultTermsDays),
          createCustomers: intake.createCustomers,
        })}
        write={(draft) => {
          const defaultTermsDays = wholeNumber(draft.defaultTermsDays, 0, 3650);
          return defaultTermsDays === null ? 'Payment terms: write a whole number from 0 to 3650.' : { intake: { ...draft, defaultTermsDays } };
        }}
      >
        {({ draft, set, error }) => (
          <>
            <CheckField
              label="Dates have the day first"
              help="03/04/2026 is the 3rd of April. Without the tick it is the 4th of March."
              checked={draft.dayFirst}
              onChange={(dayFirst) => set({ dayFirst })}
            />
            <CheckField
              label="Amounts have a decimal comma"
              help="1.250,00 is one thousand two hundred and fifty."
              checked={draft.decimalComma}
              onChange={(decimalComma) => set({ decimalComma })}
            />
            <TextField
              label="Payment terms when a file has no due date"
              className="max-w-60"
              inputMode="numeric"
              suffix="days"
              value={draft.defaultTermsDays}
              error={error('intake.defaultTermsDays')}
              onChange={(defaultTermsDays) => set({ defaultTermsDays })}
            />
            <CheckField
              label="Create customers that an invoice names and we do not know"
              help="Without the tick such a row is an error and the rest is imported."
              checked={draft.createCustomers}
              onChange={(createCustomers) => set({ createCustomers })}
            />
            {draft.createCustomers && (
              <Note tone="caution">A customer created from an invoice has no e-mail address and gets no reminders until you add one.</Note>
            )}
          </>
        )}
      </SettingsForm>
    </Page>
  );
}
