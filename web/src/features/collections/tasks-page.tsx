import { useQuery } from '@tanstack/react-query';
import { ListChecks, Plus } from 'lucide-react';
import { useState } from 'react';
import { listTasks, type TaskQuery, taskCountsQuery } from '../../api/collections.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button } from '../../components/button.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { CollectingTabs, ViewSwitch } from './collecting-tabs.tsx';
import { TaskDialog } from './task-dialogs.tsx';
import { TaskList } from './task-list.tsx';

const views: readonly { key: string; label: string; query: TaskQuery; count?: 'mine' | 'all' | 'overdue' | 'unassigned'; empty: [string, string] }[] = [
  {
    key: 'mine',
    label: 'Mine',
    query: { mine: 'true' },
    count: 'mine',
    empty: ['Nothing to do', 'Tasks that are assigned to you stand here, the next one first.'],
  },
  { key: 'all', label: 'All', query: {}, count: 'all', empty: ['No open tasks', 'Tasks come from cadences, from answers of customers, and from you.'] },
  { key: 'overdue', label: 'Overdue', query: { overdue: 'true' }, count: 'overdue', empty: ['Nothing is overdue', 'Tasks whose day has passed stand here.'] },
  {
    key: 'unassigned',
    label: 'Unassigned',
    query: { unassigned: 'true' },
    count: 'unassigned',
    empty: ['Every task has somebody', 'Tasks that nobody has taken stand here.'],
  },
  { key: 'finished', label: 'Finished', query: { state: 'finished' }, empty: ['Nothing is finished yet', 'Tasks that were done or skipped stand here.'] },
];

/** What the collectors have to do: whose, until when. */
export function TasksPage() {
  const [search, setSearch] = useSearchParams();
  const [adding, setAdding] = useState(false);
  const refusal = useRefusal('collections.write');
  const view = views.find((item) => item.key === search['view']) ?? views[0]!;
  const counts = useQuery(taskCountsQuery);
  const tasks = usePages(['tasks', view.key], (cursor, signal) => listTasks({ ...view.query, limit: PAGE_SIZE, cursor }, signal));
  return (
    <Page
      title="Tasks"
      actions={
        <Button variant="primary" icon={Plus} blockedBecause={refusal} onClick={() => setAdding(true)}>
          New task
        </Button>
      }
      tabs={<CollectingTabs />}
    >
      <ViewSwitch
        label="Which tasks"
        value={view.key}
        choices={views.map((item) => ({ value: item.key, label: item.count && counts.data ? `${item.label} ${counts.data[item.count]}` : item.label }))}
        onChange={(key) => setSearch({ view: key === 'mine' ? undefined : key })}
      />
      <Card flush>
        {tasks.loading && <LinesSkeleton />}
        {tasks.error !== undefined && <Failure error={tasks.error} retry={tasks.retry} />}
        {!tasks.loading && tasks.error === undefined && tasks.rows.length === 0 && (
          <Empty icon={ListChecks} title={view.empty[0]}>
            {view.empty[1]}
          </Empty>
        )}
        <TaskList tasks={tasks.rows} />
        {tasks.more.available && (
          <div className="p-4">
            <Button size="small" pending={tasks.more.loading} onClick={tasks.more.load}>
              Show more
            </Button>
          </div>
        )}
      </Card>
      {adding && <TaskDialog onClose={() => setAdding(false)} />}
    </Page>
  );
}
