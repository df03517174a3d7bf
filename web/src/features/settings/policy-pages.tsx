import { CheckField, TextField } from '../../components/field.tsx';
import { Note, Page } from '../../components/page.tsx';
import { SettingsForm } from './settings-form.tsx';

/** A whole number typed into a text field, or null. */
export function wholeNumber(text: string, min: number, max: number): number | null {
  if (!/^\d{1,5}$/.test(text.trim())) return null;
  const number = Number(text);
  return number >= min && number <= max ? number : null;
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
