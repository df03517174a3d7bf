import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Copy, Ellipsis, History, Send, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { newKey } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal } from '../../api/session.ts';
import {
  createTemplate,
  duplicateTemplate,
  type LoopField,
  type MergeTag,
  removeTemplate,
  saveTemplate,
  type Template,
  type TemplateKind,
  templateQuery,
} from '../../api/templates.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { ErrorSummary } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Page } from '../../components/page.tsx';
import { ChangedMeanwhile, InlineError, isChangedMeanwhile } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { UnsavedQuestion, useUnsaved } from '../../components/unsaved.tsx';
import type { PickedCustomer } from '../customers/customer-picker.tsx';
import { BodyEditor } from './body-editor.tsx';
import { draftOf, inputOf, newDraft, type TemplateDraft, type TextDraft } from './draft.ts';
import { PreviewCard } from './preview-card.tsx';
import { TemplateFacts } from './template-facts.tsx';
import { TestDialog } from './test-dialog.tsx';
import { TextsBar } from './texts-bar.tsx';
import { VersionsPanel } from './versions-panel.tsx';

const nouns: Record<TemplateKind, string> = { reminder: 'reminder', statement: 'statement', letter: 'letter' };

interface EditorProps {
  template: Template | null;
  kind: TemplateKind;
  tags: readonly MergeTag[];
  loopFields: readonly LoopField[];
}

/** The texts on the left, the mail on the right; both always show the same draft. */
export function TemplateEditor({ template, kind, tags, loopFields }: EditorProps) {
  const [draft, setDraft] = useState(() => (template ? draftOf(template) : newDraft(kind)));
  const [saved, setSaved] = useState(draft);
  const [current, setCurrent] = useState(0);
  const [customer, setCustomer] = useState<PickedCustomer | null>(null);
  const [open, setOpen] = useState<Opened>(null);
  const refusal = useRefusal('correspondence.write');
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const text = draft.texts[current] ?? draft.texts[0]!;
  const unsaved = useUnsaved(dirty);
  useFilesBeside();
  const take = (next: Template) => {
    const fresh = draftOf(next);
    setDraft(fresh);
    setSaved(fresh);
    setCurrent(0);
    unsaved.current = false;
  };
  const saving = useSave(template, draft, take, (next) => {
    setSaved(next);
    unsaved.current = false;
  });
  const setText = (next: TextDraft) => setDraft({ ...draft, texts: draft.texts.map((one, index) => (index === current ? next : one)) });
  return (
    <Page
      title={template?.name ?? `New ${nouns[draft.kind]} template`}
      back={{ label: 'Templates', to: '/emails/templates' }}
      width="wide"
      actions={
        <>
          {template && <MoreMenu template={template} refusal={refusal} dirty={dirty} onOpen={setOpen} />}
          <Button icon={Send} blockedBecause={refusal} onClick={() => setOpen('test')}>
            Send to me
          </Button>
          <Button
            variant="primary"
            pending={saving.pending}
            blockedBecause={refusal ?? missing(draft) ?? (template && !dirty ? 'Nothing has changed yet.' : undefined)}
            onClick={() => void saving.save()}
          >
            Save template
          </Button>
        </>
      }
    >
      <div className="grid items-start gap-5 xl:grid-cols-2">
        <div className="min-w-0 space-y-5">
          <Problems {...saving} />
          <TemplateFacts draft={draft} onChange={setDraft} />
          <Card title="Text">
            <div className="space-y-4">
              <TextsBar
                kind={draft.kind}
                texts={draft.texts}
                current={current}
                onPick={setCurrent}
                onChange={(texts, at) => {
                  setDraft({ ...draft, texts });
                  setCurrent(at);
                }}
              />
              <BodyEditor key={`${text.language} ${text.variant}`} kind={draft.kind} text={text} onChange={setText} tags={tags} loopFields={loopFields} />
            </div>
          </Card>
        </div>
        <div className="min-w-0 xl:sticky xl:top-4">
          <PreviewCard kind={draft.kind} text={text} texts={draft.texts} customer={customer} onCustomer={setCustomer} />
        </div>
      </div>
      <UnsavedQuestion unsaved={unsaved} what="this template" />
      <Dialogs
        template={template}
        open={open}
        onClose={() => setOpen(null)}
        refusal={refusal}
        onDeleted={() => {
          unsaved.current = false;
        }}
        test={{ kind: draft.kind, text, attachments: draft.attachments, customerId: customer?.id ?? null }}
        onRestored={saving.restart}
      />
    </Page>
  );
}

/** A file dropped beside the places for pictures would open in place of the page, and what was written be gone. */
function useFilesBeside() {
  useEffect(() => {
    const refuse = (event: DragEvent) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    };
    window.addEventListener('dragover', refuse);
    window.addEventListener('drop', refuse);
    return () => {
      window.removeEventListener('dragover', refuse);
      window.removeEventListener('drop', refuse);
    };
  }, []);
}

type Opened = 'test' | 'delete' | 'versions' | null;

interface DialogsProps {
  template: Template | null;
  open: Opened;
  onClose: () => void;
  refusal: string | undefined;
  test: { kind: TemplateKind; text: TextDraft; attachments: TemplateDraft['attachments']; customerId: string | null };
  onDeleted: () => void;
  onRestored: (template: Template) => void;
}

function Dialogs({ template, open, onClose, refusal, test, onDeleted, onRestored }: DialogsProps) {
  return (
    <>
      {open === 'test' && <TestDialog {...test} onClose={onClose} />}
      {template && (
        <>
          <VersionsPanel template={template} open={open === 'versions'} onClose={onClose} refusal={refusal} onRestored={onRestored} />
          <DeleteDialog template={template} open={open === 'delete'} onClose={onClose} onDeleted={onDeleted} />
        </>
      )}
    </>
  );
}

function missing(draft: TemplateDraft): string | undefined {
  if (!draft.name.trim()) return 'Write a name first.';
  if (draft.texts.some((text) => !text.subject.trim())) return 'Write a subject first.';
  if (draft.texts.some((text) => text.design === null && !text.body?.trim())) return 'Write the mail first.';
  return undefined;
}

function useSave(template: Template | null, draft: TemplateDraft, take: (template: Template) => void, setSaved: (draft: TemplateDraft) => void) {
  const [problem, setProblem] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  // the version that is edited: what somebody else saves meanwhile is not overwritten unseen
  const [version, setVersion] = useState(template?.version ?? 1);
  const [key] = useState(newKey);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const readNow = (id: string) => queries.fetchQuery({ ...templateQuery(id), staleTime: 0 });
  const save = async (over = false) => {
    setPending(true);
    setProblem(null);
    try {
      const input = inputOf(draft);
      const next = template ? await saveTemplate(template.id, over ? (await readNow(template.id)).version : version, input) : await createTemplate(input, key);
      queries.setQueryData(templateQuery(next.id).queryKey, next);
      await queries.invalidateQueries({ queryKey: ['templates'] });
      setSaved(draft);
      setVersion(next.version);
      done('Template saved.');
      if (!template) void navigate({ to: `/emails/templates/${next.id}` as never, replace: true });
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  /** Goes on from a template as the server has it now. */
  const restart = (next: Template) => {
    setVersion(next.version);
    setProblem(null);
    take(next);
  };
  return { save, pending, problem, restart, loadAgain: async () => restart(await readNow(template!.id)) };
}

function Problems({ problem, save, loadAgain }: Pick<ReturnType<typeof useSave>, 'problem' | 'save' | 'loadAgain'>) {
  if (isChangedMeanwhile(problem)) return <ChangedMeanwhile problem={problem} load={loadAgain} overwrite={() => save(true)} />;
  const errors = problem instanceof ApiProblem ? problem.errors.map((error) => error.message) : [];
  if (errors.length > 0) return <ErrorSummary errors={errors} />;
  return problem === null ? null : <InlineError error={problem} />;
}

interface MoreProps {
  template: Template;
  refusal: string | undefined;
  dirty: boolean;
  onOpen: (what: 'delete' | 'versions') => void;
}

function MoreMenu({ template, refusal, dirty, onOpen }: MoreProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const duplicate = async () => {
    try {
      const copy = await duplicateTemplate(template.id, newKey());
      await queries.invalidateQueries({ queryKey: ['templates'] });
      done(`“${copy.name}” made.`);
      void navigate({ to: `/emails/templates/${copy.id}` as never });
    } catch (refused) {
      failed(refused);
    }
  };
  return (
    <Menu
      trigger={<IconButton icon={Ellipsis} label="More" variant="secondary" />}
      actions={[
        { label: 'Versions', icon: History, onSelect: () => onOpen('versions') },
        { label: 'Duplicate', icon: Copy, onSelect: () => void duplicate(), blockedBecause: refusal ?? (dirty ? 'Save the changes first.' : undefined) },
        {
          label: 'Delete',
          icon: Trash2,
          danger: true,
          onSelect: () => onOpen('delete'),
          blockedBecause: refusal ?? (template.isDefault ? 'The default template stays. Change it instead.' : undefined),
        },
      ]}
    />
  );
}

function DeleteDialog({ template, open, onClose, onDeleted }: { template: Template; open: boolean; onClose: () => void; onDeleted: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      danger
      title={`Delete “${template.name}”`}
      action="Delete template"
      onSubmit={async () => {
        await removeTemplate(template.id);
        await queries.invalidateQueries({ queryKey: ['templates'] });
        onDeleted();
        done(`“${template.name}” deleted.`);
        void navigate({ to: '/emails/templates' as never });
      }}
    >
      <p>Mails that were sent with it keep their text.</p>
    </FormDialog>
  );
}
