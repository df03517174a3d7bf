import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Mail, Plus } from 'lucide-react';
import { useRefusal } from '../../api/session.ts';
import { allTemplatesQuery, type Template, type TemplateKind } from '../../api/templates.ts';
import { Button } from '../../components/button.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Tag } from '../../components/status.tsx';
import { relativeMoment } from '../../format/dates.ts';
import { EmailTabs } from '../correspondence/email-tabs.tsx';
import { languageName } from '../../format/languages.ts';

const kinds: { kind: TemplateKind; title: string; lead: string }[] = [
  { kind: 'reminder', title: 'Reminders', lead: 'Mails that rules and cadences send.' },
  { kind: 'statement', title: 'Statements', lead: 'Mails that carry a statement.' },
  { kind: 'letter', title: 'Letters', lead: 'Printed and sent by post.' },
];

/** The texts of all mails that can be changed, by what they are for. */
export function TemplatesPage() {
  const templates = useQuery(allTemplatesQuery);
  const refusal = useRefusal('correspondence.write');
  const navigate = useNavigate();
  const create = (kind: TemplateKind) => void navigate({ to: '/emails/templates/new' as never, search: { kind } as never });
  const of = (kind: TemplateKind) => templates.data?.items.filter((template) => template.kind === kind) ?? [];
  return (
    <Page
      title="E-mails"
      tabs={<EmailTabs />}
      actions={
        <Menu
          trigger={
            <Button icon={Plus} variant="primary" blockedBecause={refusal}>
              New template
            </Button>
          }
          actions={[
            { label: 'For reminders', onSelect: () => create('reminder') },
            { label: 'For statements', onSelect: () => create('statement') },
            { label: 'For letters', onSelect: () => create('letter') },
          ]}
        />
      }
    >
      {templates.isError && <Failure error={templates.error} retry={() => void templates.refetch()} />}
      <div className="space-y-5">
        {kinds
          .filter(({ kind }) => kind !== 'letter' || of(kind).length > 0)
          .map(({ kind, title, lead }) => (
            <Card key={kind} flush title={title} lead={lead}>
              {templates.isPending && <LinesSkeleton />}
              {templates.data && of(kind).length === 0 && (
                <Empty icon={Mail} title="No templates yet">
                  A template is what a mail says, with merge tags for what differs.
                </Empty>
              )}
              <ul className="divide-y divide-border">
                {of(kind).map((template) => (
                  <TemplateLine key={template.id} template={template} />
                ))}
              </ul>
            </Card>
          ))}
      </div>
    </Page>
  );
}

function TemplateLine({ template }: { template: Template }) {
  const languages = [...new Set(template.texts.map((text) => text.language))].filter((language) => language !== template.language);
  return (
    <li>
      <Link
        to={`/emails/templates/${template.id}` as never}
        className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 outline-offset-[-2px] hover:bg-sunken/60"
      >
        <div className="min-w-0 flex-1 basis-60">
          <p className="flex min-w-0 items-center gap-2 font-medium">
            <span className="truncate">{template.name}</span>
            {template.isDefault && <Tag>Default</Tag>}
          </p>
          <p className="truncate text-table text-muted">{template.subject}</p>
        </div>
        {languages.length > 0 && <span className="text-table text-muted">also in {languages.map(languageName).join(', ')}</span>}
        <span className="shrink-0 text-table text-muted">changed {relativeMoment(template.updatedAt)}</span>
      </Link>
    </li>
  );
}
