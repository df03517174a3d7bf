import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, SelectField, TextField } from '../../components/field.tsx';
import { languageName } from '../../format/languages.ts';
import type { TemplateKind } from '../../api/templates.ts';
import { commonLanguages, firstText, type TextDraft, textName } from './draft.ts';

/** The texts of a template: one for each language, and one for mails with one invoice where that reads better. */
export function TextsBar({
  kind,
  texts,
  current,
  onPick,
  onChange,
}: {
  kind: TemplateKind;
  texts: readonly TextDraft[];
  current: number;
  onPick: (index: number) => void;
  onChange: (texts: TextDraft[], current: number) => void;
}) {
  const [adding, setAdding] = useState(false);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div role="group" aria-label="Texts" className="flex min-w-0 flex-wrap gap-1">
        {texts.map((text, index) => (
          <button
            key={`${text.language} ${text.variant}`}
            type="button"
            aria-pressed={index === current}
            onClick={() => onPick(index)}
            className="h-8 rounded-md border border-border px-2.5 text-table text-muted hover:bg-sunken aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent max-sm:h-10"
          >
            {textName(text, index)}
          </button>
        ))}
      </div>
      <Button size="small" icon={Plus} onClick={() => setAdding(true)}>
        Add text
      </Button>
      {current > 0 && (
        <IconButton
          icon={Trash2}
          size="small"
          label={`Remove the text ${textName(texts[current]!, current)}`}
          onClick={() =>
            onChange(
              texts.filter((_, index) => index !== current),
              0,
            )
          }
        />
      )}
      {adding && <AddText kind={kind} texts={texts} onClose={() => setAdding(false)} onAdd={(text) => onChange([...texts, text], texts.length)} />}
    </div>
  );
}

function AddText({ kind, texts, onClose, onAdd }: { kind: TemplateKind; texts: readonly TextDraft[]; onClose: () => void; onAdd: (text: TextDraft) => void }) {
  const main = texts[0]!;
  const [choice, setChoice] = useState(main.language);
  const [other, setOther] = useState('');
  const [one, setOne] = useState(texts.every((text) => text.language !== main.language || text.variant !== 'one'));
  const language = (choice === 'other' ? other.trim() : choice).toLowerCase();
  const variant = one ? 'one' : 'any';
  const blocked = !/^[a-z]{2,3}(-[a-z0-9]{2,8})?$/.test(language)
    ? 'Write a language as “en” or “pt-br”.'
    : texts.some((text) => text.language === language && text.variant === variant)
      ? 'There is this text already.'
      : undefined;
  const [begin, setBegin] = useState<'copy' | 'ours'>('copy');
  const ours = firstText(kind, language, variant);
  // begins as the nearest text there is, to be translated, or as ours
  const nearest = texts.find((text) => text.language === language) ?? main;
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Add a text"
      lead="Contacts get the text of their language; where there is none, the main one."
      action="Add text"
      blockedBecause={blocked}
      onSubmit={async () => onAdd(begin === 'ours' && ours ? ours : { ...structuredClone(nearest), language, variant })}
    >
      <SelectField
        label="Language"
        value={choice}
        onChange={(value) => {
          setChoice(value);
          // a further language is for all mails first
          setOne(value === main.language);
        }}
        choices={[
          ...[...new Set([main.language, ...commonLanguages])].map((one) => ({ value: one, label: languageName(one) })),
          { value: 'other', label: 'Another language' },
        ]}
      />
      {choice === 'other' && <TextField label="Its code" help="Such as “hu” or “fr-ca”." value={other} onChange={setOther} />}
      {ours && (
        <SelectField
          label="Begins as"
          value={begin}
          onChange={(value) => setBegin(value as typeof begin)}
          choices={[
            { value: 'copy', label: `A copy of the text in ${languageName(nearest.language)}` },
            { value: 'ours', label: `Our text in ${languageName(language)}` },
          ]}
        />
      )}
      <CheckField label="For mails with one invoice" help="“Invoice 1042 is open” instead of “these invoices are open”." checked={one} onChange={setOne} />
    </FormDialog>
  );
}
