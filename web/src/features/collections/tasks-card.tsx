import { Plus } from 'lucide-react';
import { useState } from 'react';
import { listTasks, type TaskQuery } from '../../api/collections.ts';
import { usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/page.tsx';
import { TaskDialog } from './task-dialogs.tsx';
import { TaskList } from './task-list.tsx';

/** The open tasks about a customer or an invoice, and a way to add one. */
export function TasksCard({ customer, invoice }: { customer: { id: string; name: string; number: string }; invoice?: { id: string; number: string } }) {
  const [adding, setAdding] = useState(false);
  const refusal = useRefusal('collections.write');
  const query: TaskQuery = invoice ? { invoiceId: invoice.id } : { customerId: customer.id };
  const tasks = usePages(['tasks', 'of', query], (cursor, signal) => listTasks({ ...query, limit: 20, cursor }, signal));
  return (
    <Card
      title="Tasks"
      flush
      actions={
        <Button size="small" icon={Plus} blockedBecause={refusal} onClick={() => setAdding(true)}>
          Add
        </Button>
      }
    >
      {!tasks.loading && tasks.rows.length === 0 && <p className="px-4 pb-4 text-table text-muted">Nothing to do.</p>}
      {tasks.rows.length > 0 && (
        <div className="border-t border-border">
          <TaskList tasks={tasks.rows} customer={false} />
        </div>
      )}
      {tasks.more.available && (
        <div className="px-4 pb-4">
          <Button size="small" pending={tasks.more.loading} onClick={tasks.more.load}>
            Show more
          </Button>
        </div>
      )}
      {adding && <TaskDialog customer={customer} {...(invoice ? { invoices: [invoice] } : {})} onClose={() => setAdding(false)} />}
    </Card>
  );
}
