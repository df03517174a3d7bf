import { SelectField, TextArea, TextField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { PictureButton } from '../templates/picture-dialog.tsx';
import { SettingsForm } from './settings-form.tsx';

const zones = Intl.supportedValuesOf('timeZone');
const currencies = Intl.supportedValuesOf('currency');
const currencyNames = new Intl.DisplayNames(['en'], { type: 'currency' });
const languages = ['en-US', 'en-GB', 'en-CA', 'en-AU', 'en-NZ', 'en-IE', 'en-IN', 'de-DE', 'fr-FR', 'es-ES', 'it-IT', 'nl-NL', 'pt-BR', 'ja-JP'];
const languageNames = new Intl.DisplayNames(['en'], { type: 'language' });

/** Who the company is, and how it looks on mails and pay pages. */
export function CompanyPage() {
  return (
    <Page title="Company and branding" width="narrow">
      <div className="space-y-5">
        <SettingsForm
          title="Company"
          read={(settings) => ({
            name: settings.company.name,
            currency: settings.company.currency,
            timezone: settings.company.timezone,
            locale: settings.company.locale,
          })}
          write={(draft) => ({ company: draft })}
        >
          {({ draft, set, error }) => (
            <>
              <TextField
                label="Company name"
                help="Payers read this on every mail, invoice and pay page."
                value={draft.name}
                error={error('company.name')}
                onChange={(name) => set({ name })}
                autoComplete="organization"
              />
              <div className="grid gap-4 sm:grid-cols-2">
                <SelectField
                  label="Currency"
                  help="Of totals and of invoices that name none."
                  value={draft.currency}
                  error={error('company.currency')}
                  onChange={(currency) => set({ currency })}
                  choices={currencies.map((code) => ({ value: code, label: `${code} – ${currencyNames.of(code)}` }))}
                />
                <SelectField
                  label="Time zone"
                  help="Decides what day it is, and when reminders go out."
                  value={draft.timezone}
                  error={error('company.timezone')}
                  onChange={(timezone) => set({ timezone })}
                  choices={[...new Set([draft.timezone, ...zones])].map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
                />
              </div>
              <SelectField
                label="Language of dates and amounts in mails"
                value={draft.locale}
                error={error('company.locale')}
                onChange={(locale) => set({ locale })}
                choices={[...new Set([draft.locale, ...languages])].map((tag) => ({ value: tag, label: languageNames.of(tag) ?? tag }))}
              />
            </>
          )}
        </SettingsForm>
        <SettingsForm
          title="Branding"
          lead="On mails, pay pages, invoices and receipts."
          read={(settings) => ({ ...settings.branding, logoUrl: settings.branding.logoUrl ?? '', supportEmail: settings.branding.supportEmail ?? '' })}
          write={(draft) => ({ branding: { ...draft, logoUrl: draft.logoUrl.trim() || null, supportEmail: draft.supportEmail.trim() || null } })}
        >
          {({ draft, set, error }) => (
            <>
              <div className="grid gap-4 sm:grid-cols-[1fr_160px]">
                <div>
                  <TextField
                    label="Logo"
                    optional
                    help="Upload one, about 400 by 120 pixels, or give its address."
                    type="url"
                    placeholder="https://"
                    value={draft.logoUrl}
                    error={error('branding.logoUrl')}
                    onChange={(logoUrl) => set({ logoUrl })}
                  />
                  <PictureButton className="mt-2" label="Upload or pick a logo" onPick={({ url }) => set({ logoUrl: url })} />
                </div>
                <TextField
                  label="Accent color"
                  help="Buttons and links. Contrast is corrected."
                  type="color"
                  value={draft.accent}
                  error={error('branding.accent')}
                  onChange={(accent) => set({ accent })}
                />
              </div>
              <BrandPreview name="Preview" logoUrl={draft.logoUrl} accent={draft.accent} />
              <TextArea
                label="Postal address"
                optional
                rows={3}
                value={draft.address}
                error={error('branding.address')}
                onChange={(address) => set({ address })}
              />
              <div className="grid gap-4 sm:grid-cols-2">
                <TextField
                  label="Phone"
                  optional
                  help="Payers call this with questions."
                  type="tel"
                  value={draft.phone}
                  error={error('branding.phone')}
                  onChange={(phone) => set({ phone })}
                />
                <TextField
                  label="Support e-mail"
                  optional
                  type="email"
                  value={draft.supportEmail}
                  error={error('branding.supportEmail')}
                  onChange={(supportEmail) => set({ supportEmail })}
                />
              </div>
            </>
          )}
        </SettingsForm>
      </div>
    </Page>
  );
}

/** How the button and the logo look where a payer meets them: mail is on white in both themes. */
function BrandPreview({ logoUrl, accent }: { name: string; logoUrl: string; accent: string }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-4 rounded-md border border-border bg-white px-4 py-3">
      {/^https?:\/\//.test(logoUrl) ? (
        <img src={logoUrl} alt="Your logo" className="max-h-10 max-w-44" />
      ) : (
        <span className="text-[#565f6e]">No logo: the company name stands here</span>
      )}
      <span aria-hidden className="rounded-md px-4 py-2 font-medium text-white" style={{ background: accent }}>
        Pay $1,250.00
      </span>
    </div>
  );
}
