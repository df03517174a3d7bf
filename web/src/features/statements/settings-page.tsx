import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { ImageUp, Trash2 } from 'lucide-react';
import { useRef } from 'react';
import { useRefusal } from '../../api/session.ts';
import { settingsQuery } from '../../api/settings.ts';
import { setStatementLogo } from '../../api/statements.ts';
import { Button } from '../../components/button.tsx';
import { SelectField, TextArea, TextField } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { done, failed } from '../../components/toast.tsx';
import { wholeNumber } from '../settings/policy-pages.tsx';
import { SettingsForm } from '../settings/settings-form.tsx';

const hours = Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: `${String(hour).padStart(2, '0')}:00` }));

/** What stands on every statement, and when the rules are looked at. */
export function StatementSettingsPage() {
  return (
    <Page title="Statements" width="narrow">
      <div className="space-y-5">
        <SettingsForm
          title="On every statement"
          lead="Statements that were made already stay as they are."
          read={({ statements }) => ({ remitTo: statements.remitTo, note: statements.note })}
          write={(draft) => ({ statements: draft })}
        >
          {({ draft, set, error }) => (
            <>
              <TextArea
                label="Remit to"
                optional
                help="Where checks and transfers go: name, lockbox or bank, account. One line each."
                rows={5}
                maxLength={600}
                value={draft.remitTo}
                error={error('statements.remitTo')}
                onChange={(remitTo) => set({ remitTo })}
              />
              <TextArea
                label="A sentence to the customer"
                optional
                help="Printed under the statement."
                rows={3}
                maxLength={500}
                value={draft.note}
                error={error('statements.note')}
                onChange={(note) => set({ note })}
              />
            </>
          )}
        </SettingsForm>
        <LogoCard />
        <SettingsForm
          title="When they are made"
          read={({ statements }) => ({ hour: String(statements.hour), catchUpDays: String(statements.catchUpDays) })}
          write={(draft) => {
            const catchUpDays = wholeNumber(draft.catchUpDays, 0, 31);
            return catchUpDays === null ? 'Days made up for: write a whole number from 0 to 31.' : { statements: { hour: Number(draft.hour), catchUpDays } };
          }}
        >
          {({ draft, set, error }) => (
            <>
              <SelectField
                label="Hour of the day"
                className="max-w-40"
                help="In the company’s time zone."
                value={draft.hour}
                onChange={(hour) => set({ hour })}
                choices={hours}
              />
              <TextField
                label="Days made up for"
                className="max-w-60"
                inputMode="numeric"
                suffix="days"
                help="When the program stood still on the day of a rule, its statements follow within so many days."
                value={draft.catchUpDays}
                error={error('statements.catchUpDays')}
                onChange={(catchUpDays) => set({ catchUpDays })}
              />
            </>
          )}
        </SettingsForm>
      </div>
    </Page>
  );
}

const MAX_BYTES = 500_000;

/** The bytes as base64. */
async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function LogoCard() {
  const { data } = useSuspenseQuery(settingsQuery);
  const queries = useQueryClient();
  const refusal = useRefusal('settings.write');
  const input = useRef<HTMLInputElement>(null);
  const save = useMutation({
    mutationFn: async (file: File | null) => {
      if (file && file.size > MAX_BYTES) throw new Error('The logo may have 500 kB at most.');
      return setStatementLogo(file ? await base64(file) : null);
    },
    onSuccess: async ({ logoFileId }) => {
      await queries.invalidateQueries({ queryKey: settingsQuery.queryKey });
      done(logoFileId ? 'The logo stands on statements from now on.' : 'Statements have no logo from now on.');
    },
    onError: (error) => failed(error),
  });
  const has = data.statements.logoFileId !== null;
  return (
    <Card title="Logo" lead="A PNG or JPEG, printed at the top of each statement. On a white background it looks best.">
      <div className="flex flex-wrap items-center gap-3">
        {has && (
          <img
            src={`/v1/statements/logo?${data.statements.logoFileId}`}
            alt="The logo of statements"
            className="max-h-12 max-w-44 rounded border border-border bg-white object-contain p-1"
          />
        )}
        <input
          ref={input}
          type="file"
          accept="image/png,image/jpeg"
          aria-label="Picture of the logo"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = '';
            if (file) save.mutate(file);
          }}
        />
        <Button icon={ImageUp} pending={save.isPending} blockedBecause={refusal} onClick={() => input.current?.click()}>
          {has ? 'Choose another' : 'Choose a picture'}
        </Button>
        {has && (
          <Button icon={Trash2} variant="quiet" blockedBecause={refusal} onClick={() => save.mutate(null)}>
            Take it away
          </Button>
        )}
        {!has && <p className="text-table text-muted">No logo: the company’s name stands in its place.</p>}
      </div>
    </Card>
  );
}
