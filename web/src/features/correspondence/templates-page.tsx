import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Mail, Plus } from 'lucide-react';
import { templatesQuery } from '../../api/correspondence.ts';
import { useRefusal } from '../../api/session.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Tag } from '../../components/status.tsx';
import { relativeMoment } from '../../format/dates.ts';
import { ReminderTabs } from '../reminders/reminder-tabs.tsx';

/** The mails that rules send. */
export function TemplatesPage() {
  const templates = useQuery(templatesQuery);
  const refusal = useRefusal('correspondence.write');
  const shown = templates.data?.items.filter((template) => !template.archived);
  return (
    <Page
      title="Invoice reminders"
      lead="The mails that rules send."
      tabs={<ReminderTabs />}
      actions={
        refusal === undefined ? (
          <LinkButton to="/reminders/templates/$id" params={{ id: 'new' }} icon={Plus} variant="primary">
            New template
          </LinkButton>
        ) : undefined
      }
    >
      <Card flush>
        {templates.isPending && <LinesSkeleton />}
        {templates.isError && <Failure error={templates.error} retry={() => void templates.refetch()} />}
        {shown?.length === 0 && (
          <Empty icon={Mail} title="No templates yet">
            A template is the mail that a rule sends, with merge tags for what differs.
          </Empty>
        )}
        <ul className="divide-y divide-border">
          {shown?.map((template) => (
            <li key={template.id}>
              <Link to={`/reminders/templates/${template.id}` as never} className="flex items-center gap-4 px-4 py-3 outline-offset-[-2px] hover:bg-sunken/60">
                <div className="min-w-0 flex-1">
                  <p className="flex items-center gap-2 font-medium">
                    <span className="truncate">{template.name}</span>
                    {template.isDefault && <Tag>Default</Tag>}
                  </p>
                  <p className="truncate text-table text-muted">{template.subject}</p>
                </div>
                <span className="shrink-0 text-table text-muted">changed {relativeMoment(template.updatedAt)}</span>
              </Link>
            </li>
          ))}
        </ul>
      </Card>
    </Page>
  );
}
