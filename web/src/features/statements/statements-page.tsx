import { FileText } from 'lucide-react';
import { useState } from 'react';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useSession } from '../../api/session.ts';
import { listStatements } from '../../api/statements.ts';
import { DataTable } from '../../components/data-table.tsx';
import { TextField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { useSettled } from '../reminders/use-form-draft.ts';
import { listColumns } from './columns.tsx';
import { StatementTabs } from './statement-tabs.tsx';

/** "123" and "st-123" are ST-000123. */
function numberOf(text: string): string | undefined {
  const digits = /^(?:st-?)?0*(\d+)$/i.exec(text.trim())?.[1];
  return digits === undefined ? text.trim() || undefined : `ST-${digits.padStart(6, '0')}`;
}

/** Every statement ever made, newest first; found again by its number. */
export function StatementsPage() {
  const { tenant } = useSession();
  const [typed, setTyped] = useState('');
  const number = numberOf(useSettled(typed, 300));
  const statements = usePages(['statements', number], (cursor, signal) => listStatements({ limit: PAGE_SIZE, cursor, number }, signal));
  return (
    <Page title="Statements" lead="Each is kept as it was on its date." tabs={<StatementTabs />} width="wide">
      <TextField label="Find by number" type="search" placeholder="ST-000123" className="mb-4 max-w-60" value={typed} onChange={setTyped} />
      <DataTable
        label="Statements"
        height="fill"
        rows={statements.rows}
        rowId={(row) => row.id}
        columns={listColumns(tenant.currency)}
        href={(row) => `/statements/${row.id}`}
        loading={statements.loading}
        error={statements.error}
        retry={statements.retry}
        more={statements.more}
        empty={
          number ? (
            <Empty title={`There is no ${number}`}>Look at the number on the statement again.</Empty>
          ) : (
            <Empty icon={FileText} title="No statements yet">
              A rule makes them on its days, and a customer’s page makes one at any time.
            </Empty>
          )
        }
      />
    </Page>
  );
}
