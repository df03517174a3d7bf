import { useQuery } from '@tanstack/react-query';
import { BellRing, Library, Plus, Send } from 'lucide-react';
import { useState } from 'react';
import { rulesQuery } from '../../api/reminders.ts';
import { useRefusal } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Alarms } from './alarms.tsx';
import { Heartbeat } from './heartbeat.tsx';
import { ReminderTabs } from './reminder-tabs.tsx';
import { reminderRules } from './rule-kind.ts';
import { RuleTable } from './rule-table.tsx';
import { RunNowDialog } from './run-now-dialog.tsx';
import { SamplesDialog } from './samples-dialog.tsx';

/** The rules in their order: which are on, what each says, when it was asked last and will be asked next. */
export function RulesPage() {
  const rules = useQuery(rulesQuery);
  const [search, setSearch] = useSearchParams();
  const [samplesOpen, setSamplesOpen] = useState(false);
  const writing = useRefusal('reminders.write');
  const running = useRefusal('reminders.run');
  const active = rules.data?.items.filter((rule) => rule.active).length ?? 0;
  const noneActive = rules.data && active === 0 ? 'Switch a rule on first.' : undefined;
  return (
    <Page
      title="Invoice reminders"
      lead={<Heartbeat />}
      actions={
        <>
          <Button icon={Library} blockedBecause={writing} onClick={() => setSamplesOpen(true)}>
            Samples
          </Button>
          <Button icon={Send} blockedBecause={running ?? noneActive} onClick={() => setSearch({ run: 'true' })}>
            Run now
          </Button>
          {writing === undefined && (
            <LinkButton to="/reminders/rules/$id" params={{ id: 'new' }} icon={Plus} variant="primary">
              New rule
            </LinkButton>
          )}
        </>
      }
      tabs={<ReminderTabs />}
    >
      <Alarms className="mb-4" />
      <Card flush>
        {rules.isPending && <LinesSkeleton lines={7} />}
        {rules.isError && <Failure error={rules.error} retry={() => void rules.refetch()} />}
        {rules.data?.items.length === 0 && (
          <Empty
            icon={BellRing}
            title="No rules yet"
            action={
              <Button blockedBecause={writing} onClick={() => setSamplesOpen(true)}>
                Start from a sample
              </Button>
            }
          >
            A rule says which customers are reminded of which invoices, and with which mail.
          </Empty>
        )}
        {rules.data && rules.data.items.length > 0 && <RuleTable kind={reminderRules} rules={rules.data.items} />}
      </Card>
      <RunNowDialog open={search['run'] !== undefined} onClose={() => setSearch({ run: undefined })} />
      <SamplesDialog kind={reminderRules} open={samplesOpen} onClose={() => setSamplesOpen(false)} rules={rules.data?.items ?? []} />
    </Page>
  );
}
