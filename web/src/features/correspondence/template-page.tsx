import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Braces, History, Send, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { newKey } from '../../api/client.ts';
import {
  createTemplate,
  previewTemplate,
  removeTemplate,
  saveTemplate,
  type Template,
  type TemplateInput,
  templateQuery,
  templatesQuery,
  testTemplate,
  versionsQuery,
} from '../../api/correspondence.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal, useSession } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog, SidePanel } from '../../components/dialog.tsx';
import { ErrorSummary, TextArea, TextField } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Note, Page } from '../../components/page.tsx';
import { Failure, InlineError, LinesSkeleton, PageSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { formatMoment } from '../../format/dates.ts';
import { MailFrame } from './mail-frame.tsx';

const firstBody =
  '<p>Dear {{first_name}},</p>\n<p>these invoices are open:</p>\n{{invoice_list}}\n{{payment_buttons}}\n<p>Please reply to this mail with any question.</p>';

/** A template beside the mail that it makes. */
export function TemplatePage() {
  const { id = 'new' } = useParams({ strict: false }) as { id?: string };
  const template = useQuery({ ...templateQuery(id), enabled: id !== 'new' });
  const list = useQuery(templatesQuery);
  if (template.isError) return <Failure error={template.error} retry={() => void template.refetch()} />;
  if ((id !== 'new' && template.isPending) || list.isPending) return <PageSkeleton />;
  return <TemplateForm key={id} template={template.data ?? null} tags={list.data?.mergeTags ?? []} />;
}

interface Tag {
  name: string;
  label: string;
  block: boolean;
}

interface Draft {
  name: string;
  subject: string;
  cc: string;
  body: string;
}

const draftOf = (template: Template | null): Draft => ({
  name: template?.name ?? '',
  subject: template?.subject ?? 'Invoices from {{seller_name}}',
  cc: template?.cc.join(', ') ?? '',
  body: template?.body ?? firstBody,
});

function TemplateForm({ template, tags }: { template: Template | null; tags: readonly Tag[] }) {
  const [draft, setDraft] = useState(() => draftOf(template));
  const [saved, setSaved] = useState(draft);
  const [problem, setProblem] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const [open, setOpen] = useState<'test' | 'delete' | 'versions' | null>(null);
  const [key] = useState(newKey);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refusal = useRefusal('correspondence.write');
  const body = useRef<HTMLDivElement>(null);
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const missing = !draft.name.trim()
    ? 'Write a name first.'
    : !draft.subject.trim()
      ? 'Write a subject first.'
      : !draft.body.trim()
        ? 'Write the mail first.'
        : undefined;
  const insert = (tag: Tag) => {
    const area = body.current?.querySelector('textarea');
    const at = area?.selectionStart ?? draft.body.length;
    const text = `{{${tag.name}}}`;
    set({ body: draft.body.slice(0, at) + text + draft.body.slice(area?.selectionEnd ?? at) });
    requestAnimationFrame(() => {
      area?.focus();
      area?.setSelectionRange(at + text.length, at + text.length);
    });
  };
  const save = async () => {
    setPending(true);
    setProblem(null);
    try {
      const input: TemplateInput = { name: draft.name.trim(), subject: draft.subject.trim(), body: draft.body, cc: draft.cc.split(/[,;\s]+/).filter(Boolean) };
      const next = template ? await saveTemplate(template.id, template.version, input) : await createTemplate(input, key);
      queries.setQueryData(templateQuery(next.id).queryKey, next);
      await queries.invalidateQueries({ queryKey: ['templates'] });
      setSaved(draft);
      done('Template saved.');
      if (!template) void navigate({ to: `/reminders/templates/${next.id}` as never, replace: true });
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  const errors = problem instanceof ApiProblem ? problem.errors.map((error) => error.message) : [];
  return (
    <Page
      title={template?.name ?? 'New template'}
      back={{ label: 'Templates', to: '/reminders/templates' }}
      width="wide"
      actions={
        <>
          {template && (
            <>
              {!template.isDefault && (
                <Button icon={Trash2} blockedBecause={refusal} onClick={() => setOpen('delete')}>
                  Delete
                </Button>
              )}
              <Button icon={History} onClick={() => setOpen('versions')}>
                Versions
              </Button>
              <Button icon={Send} blockedBecause={refusal ?? (dirty ? 'Save the changes first.' : undefined)} onClick={() => setOpen('test')}>
                Send a test
              </Button>
            </>
          )}
          <Button
            variant="primary"
            pending={pending}
            blockedBecause={refusal ?? missing ?? (template && !dirty ? 'Nothing has changed yet.' : undefined)}
            onClick={() => void save()}
          >
            Save template
          </Button>
        </>
      }
    >
      <div className="grid items-start gap-5 xl:grid-cols-2">
        <Card className="order-2 xl:order-1">
          <div className="space-y-4">
            {errors.length > 0 ? <ErrorSummary errors={errors} /> : problem !== null && <InlineError error={problem} />}
            <div className="grid gap-4 sm:grid-cols-2">
              <TextField label="Template name" maxLength={200} value={draft.name} onChange={(name) => set({ name })} />
              <TextField label="Copies to" optional help="Addresses of your own, separated by commas." value={draft.cc} onChange={(cc) => set({ cc })} />
            </div>
            <TextField label="Subject" maxLength={500} value={draft.subject} onChange={(subject) => set({ subject })} />
            <div ref={body}>
              <div className="mb-1 flex items-center justify-between gap-2">
                <span aria-hidden className="text-table font-medium">
                  Mail
                </span>
                <Menu
                  trigger={
                    <Button size="small" icon={Braces}>
                      Merge tags
                    </Button>
                  }
                  actions={tags.map((tag) => ({ label: tag.label, onSelect: () => insert(tag) }))}
                />
              </div>
              <div className="[&_label]:sr-only">
                <TextArea
                  label="Mail, as HTML with merge tags"
                  mono
                  rows={24}
                  value={draft.body}
                  onChange={(text) => set({ body: text })}
                  help="HTML. Logo, frame, colours and the footer come with the layout of all mails."
                  spellCheck
                />
              </div>
            </div>
          </div>
        </Card>
        <PreviewCard draft={draft} />
      </div>
      {template && open === 'test' && <TestDialog template={template} onClose={() => setOpen(null)} />}
      {template && (
        <VersionsPanel
          template={template}
          open={open === 'versions'}
          onClose={() => setOpen(null)}
          restore={(version) => set({ name: version.name, subject: version.subject, body: version.body })}
        />
      )}
      {template && (
        <FormDialog
          open={open === 'delete'}
          onClose={() => setOpen(null)}
          danger
          title={`Delete “${template.name}”`}
          action="Delete template"
          onSubmit={async () => {
            await removeTemplate(template.id);
            await queries.invalidateQueries({ queryKey: ['templates'] });
            done(`“${template.name}” deleted.`);
            void navigate({ to: '/reminders/templates' });
          }}
        >
          <p>Mails that were sent with it keep their text.</p>
        </FormDialog>
      )}
    </Page>
  );
}

/** The mail as the customer with most open invoices would see it, a moment after typing rests. */
function PreviewCard({ draft }: { draft: Draft }) {
  const [rested, setRested] = useState(draft);
  const [narrow, setNarrow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setRested(draft), 350);
    return () => clearTimeout(timer);
  }, [draft]);
  const preview = useQuery({
    queryKey: ['template-preview', rested.subject, rested.body],
    queryFn: ({ signal }) => previewTemplate({ subject: rested.subject, body: rested.body, customerId: null }, signal),
    enabled: rested.subject.trim() !== '' && rested.body.trim() !== '',
    placeholderData: (previous) => previous,
  });
  const findings = preview.data?.findings ?? [];
  return (
    <Card
      className="order-1 xl:order-2"
      title="As the payer sees it"
      actions={
        <div role="group" aria-label="Width" className="flex rounded-md bg-sunken p-0.5">
          {[false, true].map((phone) => (
            <button
              key={String(phone)}
              type="button"
              aria-pressed={narrow === phone}
              onClick={() => setNarrow(phone)}
              className="h-7 rounded px-2.5 text-table text-muted aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-text aria-pressed:shadow-raised"
            >
              {phone ? 'Phone' : 'Screen'}
            </button>
          ))}
        </div>
      }
    >
      {preview.isError && <InlineError error={preview.error} />}
      {findings.length > 0 && (
        <div className="mb-3 space-y-2">
          {findings.map((finding) => (
            <Note key={finding.message} tone={finding.severity === 'error' ? 'critical' : 'caution'}>
              {finding.message}
            </Note>
          ))}
        </div>
      )}
      {preview.data ? (
        <>
          <p className="mb-2 text-table">
            <span className="text-muted">Subject: </span>
            <span className="font-medium">{preview.data.subject}</span>
          </p>
          {preview.data.html && (
            <div className={narrow ? 'mx-auto max-w-[375px]' : ''}>
              <MailFrame key={narrow ? 'narrow' : 'wide'} html={preview.data.html} title="Preview of the mail" />
            </div>
          )}
          <p className="mt-2 text-label text-muted">
            {preview.data.customerId
              ? 'Filled with the data of the customer with most open invoices.'
              : 'Filled with invented data, because there are no open invoices.'}{' '}
            Links lead nowhere.
          </p>
        </>
      ) : (
        !preview.isError && <LinesSkeleton lines={10} />
      )}
    </Card>
  );
}

function TestDialog({ template, onClose }: { template: Template; onClose: () => void }) {
  const { user } = useSession();
  const [to, setTo] = useState(user.email);
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Send “${template.name}” as a test`}
      action="Send 1 test"
      blockedBecause={to.trim() ? undefined : 'Write an address first.'}
      onSubmit={async () => {
        await testTemplate(template.id, to.trim());
        done(`A test is on its way to ${to.trim()}.`);
      }}
    >
      <TextField label="To" type="email" value={to} onChange={setTo} help="The mail says that it is a test; its pay buttons lead nowhere." />
    </FormDialog>
  );
}

interface Version {
  version: number;
  name: string;
  subject: string;
  body: string;
  savedAt: string;
  savedBy: string;
}

function VersionsPanel({ template, open, onClose, restore }: { template: Template; open: boolean; onClose: () => void; restore: (version: Version) => void }) {
  const versions = useQuery({ ...versionsQuery(template.id), enabled: open });
  return (
    <SidePanel open={open} onClose={onClose} title="Earlier versions" lead={`Now at version ${template.version}.`}>
      {versions.isPending && <LinesSkeleton />}
      {versions.isError && <Failure error={versions.error} retry={() => void versions.refetch()} />}
      {versions.data?.length === 0 && <p className="text-muted">There are no earlier versions.</p>}
      <ul className="divide-y divide-border">
        {versions.data?.map((version) => (
          <li key={version.version} className="flex items-center gap-3 py-3">
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">{version.subject}</p>
              <p className="text-table text-muted">
                Version {version.version} · {formatMoment(version.savedAt)} · {version.savedBy}
              </p>
            </div>
            <Button
              size="small"
              onClick={() => {
                restore(version);
                onClose();
              }}
            >
              Take its text
            </Button>
          </li>
        ))}
      </ul>
    </SidePanel>
  );
}
