import { Blocks, Code } from 'lucide-react';
import { useId, useMemo, useRef, useState } from 'react';
import { type LoopField, type MergeTag, previewDraft, type TemplateKind } from '../../api/templates.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextArea } from '../../components/field.tsx';
import { BlockList, EditorWorldProvider } from './block-list.tsx';
import { newBlock } from './blocks.ts';
import type { TextDraft } from './draft.ts';
import { imageHtml, insertAt } from './insert.ts';
import { ColourField } from './look-fields.tsx';
import { PictureButton } from './picture-dialog.tsx';
import { TagMenu } from './tag-menu.tsx';

interface BodyProps {
  kind: TemplateKind;
  text: TextDraft;
  onChange: (text: TextDraft) => void;
  tags: readonly MergeTag[];
  loopFields: readonly LoopField[];
}

/** Subject and body of one text, as blocks or as HTML. */
export function BodyEditor({ kind, text, onChange, tags, loopFields }: BodyProps) {
  const [selected, select] = useState<string | null>(null);
  const [leaving, setLeaving] = useState(false);
  const world = useMemo(() => ({ kind, tags, loopFields, selected, select }), [kind, tags, loopFields, selected]);
  const { design } = text;
  const toBlocks = () => {
    const block = newBlock('html');
    onChange({ ...text, body: null, design: { background: '#f3f4f6', card: '#ffffff', blocks: [{ ...block, html: text.body ?? '' } as typeof block] } });
  };
  return (
    <div className="space-y-4">
      <SubjectField kind={kind} value={text.subject} onChange={(subject) => onChange({ ...text, subject })} tags={tags} loopFields={loopFields} />
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="text-table font-medium">Mail</h3>
        {design ? (
          <Button size="small" variant="quiet" icon={Code} onClick={() => setLeaving(true)}>
            Edit as HTML
          </Button>
        ) : (
          <Button size="small" variant="quiet" icon={Blocks} onClick={toBlocks}>
            Edit as blocks
          </Button>
        )}
      </div>
      {design ? (
        <EditorWorldProvider value={world}>
          <BlockList label="Blocks of the mail" blocks={design.blocks} onChange={(blocks) => onChange({ ...text, design: { ...design, blocks } })} />
          {kind !== 'letter' && (
            <div className="grid gap-4 border-t border-border pt-4 sm:grid-cols-2">
              <ColourField
                label="Around the mail"
                value={design.background}
                onChange={(background) => background && onChange({ ...text, design: { ...design, background } })}
              />
              <ColourField label="Behind the words" value={design.card} onChange={(card) => card && onChange({ ...text, design: { ...design, card } })} />
            </div>
          )}
        </EditorWorldProvider>
      ) : (
        <HtmlEditor kind={kind} value={text.body ?? ''} onChange={(body) => onChange({ ...text, body })} tags={tags} loopFields={loopFields} />
      )}
      <FormDialog
        open={leaving}
        onClose={() => setLeaving(false)}
        title="Edit as HTML"
        action="Edit as HTML"
        onSubmit={async () => {
          const shown = await previewDraft(
            { kind, subject: text.subject || '…', body: null, design, language: null, single: false, customerId: null },
            new AbortController().signal,
          );
          onChange({ ...text, body: shown.body, design: null });
        }}
      >
        <p>The blocks become HTML that says the same. Columns, backgrounds and room between blocks are left out, and the way back is one HTML block.</p>
      </FormDialog>
    </div>
  );
}

type FieldProps = Omit<BodyProps, 'text' | 'onChange'> & { value: string; onChange: (value: string) => void };

function SubjectField({ kind, value, onChange, tags, loopFields }: FieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const insert = (text: string) => insertAt(input.current, value, text, onChange);
  return (
    <div>
      <div className="mb-1 flex items-end justify-between gap-2">
        <label htmlFor={id} className="text-table font-medium">
          Subject
        </label>
        <TagMenu label="Tags" words kind={kind} tags={tags} loopFields={loopFields} onPick={insert} />
      </div>
      <input ref={input} id={id} className="control" maxLength={500} value={value} onChange={(event) => onChange(event.target.value)} />
    </div>
  );
}

function HtmlEditor({ kind, value, onChange, tags, loopFields }: FieldProps) {
  const holder = useRef<HTMLDivElement>(null);
  const insert = (text: string) => insertAt(holder.current?.querySelector('textarea') ?? null, value, text, onChange);
  return (
    <div ref={holder}>
      <div className="mb-2 flex flex-wrap justify-end gap-2">
        {kind !== 'letter' && <PictureButton label="Picture" onPick={(picture) => insert(imageHtml(picture))} />}
        <TagMenu kind={kind} tags={tags} loopFields={loopFields} onPick={insert} />
      </div>
      <div className="[&_label]:sr-only">
        <TextArea
          label="Mail, as HTML with merge tags"
          mono
          rows={24}
          value={value}
          onChange={onChange}
          help="HTML. Logo, frame, colors and the footer come with the layout of all mails."
          spellCheck
        />
      </div>
    </div>
  );
}
