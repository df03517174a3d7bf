import { Card } from '../../components/page.tsx';
import { CheckField, SelectField, TextField } from '../../components/field.tsx';
import { languageName } from '../../format/languages.ts';
import { commonLanguages, type TemplateDraft } from './draft.ts';

/** What is the same for all texts: the name, who gets copies, what goes along. */
export function TemplateFacts({ draft, onChange }: { draft: TemplateDraft; onChange: (draft: TemplateDraft) => void }) {
  const main = draft.texts[0]!;
  const attach = (change: Partial<TemplateDraft['attachments']>) => onChange({ ...draft, attachments: { ...draft.attachments, ...change } });
  const taken = new Set(draft.texts.slice(1).map((text) => `${text.language} ${text.variant}`));
  return (
    <Card>
      <div className="space-y-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label="Template name" maxLength={200} value={draft.name} onChange={(name) => onChange({ ...draft, name })} />
          <SelectField
            label="Language of the main text"
            value={main.language}
            choices={[...new Set([main.language, ...commonLanguages])]
              .filter((one) => one === main.language || !taken.has(`${one} any`))
              .map((one) => ({ value: one, label: languageName(one) }))}
            onChange={(language) => onChange({ ...draft, texts: [{ ...main, language }, ...draft.texts.slice(1)] })}
          />
        </div>
        {draft.kind !== 'letter' && (
          <>
            <TextField
              label="Copies to"
              optional
              help="Addresses of your own, separated by commas."
              value={draft.cc}
              onChange={(cc) => onChange({ ...draft, cc })}
            />
            {draft.kind === 'reminder' && (
              <fieldset className="space-y-2">
                <legend className="mb-1.5 text-table font-medium">Attachments</legend>
                <CheckField
                  label="Statement summary PDF"
                  help="One PDF that lists the invoices of the mail."
                  checked={draft.attachments.statement}
                  onChange={(statement) => attach({ statement })}
                />
                <CheckField
                  label="Individual invoice PDFs"
                  help="The paper of each invoice, from your accounting software or drawn here. At most 25, and 10 MB in all."
                  checked={draft.attachments.invoices}
                  onChange={(invoices) => attach({ invoices })}
                />
                <CheckField
                  label="Shared files"
                  help="Those that are linked to the invoices of the mail."
                  checked={draft.attachments.files}
                  onChange={(files) => attach({ files })}
                />
              </fieldset>
            )}
          </>
        )}
      </div>
    </Card>
  );
}
