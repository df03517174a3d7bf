import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FileText, Plus, Send } from 'lucide-react';
import { useState } from 'react';
import { useRefusal } from '../../api/session.ts';
import { customerStatementsQuery, type Statement } from '../../api/statements.ts';
import { Button, buttonClass, IconButton } from '../../components/button.tsx';
import { Card } from '../../components/page.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatDay } from '../../format/dates.ts';
import { formatMoney } from '../../format/money.ts';
import { MakeStatementDialog } from './make-dialog.tsx';
import { SendStatementDialog } from './send-dialog.tsx';
import { statementState } from './state.ts';

/** The customer's latest statements, and one at any date on demand. */
export function CustomerStatements({ customer, hasChildren = false }: { customer: { id: string; name: string }; hasChildren?: boolean }) {
  const statements = useQuery(customerStatementsQuery(customer.id));
  const refusal = useRefusal('statements.run');
  const [making, setMaking] = useState(false);
  const [sending, setSending] = useState<Statement | null>(null);
  return (
    <Card
      title="Statements"
      actions={
        <Button size="small" icon={Plus} blockedBecause={refusal} onClick={() => setMaking(true)}>
          Make
        </Button>
      }
    >
      {statements.isPending && <LinesSkeleton lines={2} />}
      {statements.isError && <Failure error={statements.error} retry={() => void statements.refetch()} />}
      {statements.data?.length === 0 && <p className="text-table text-muted">None yet. A rule makes them on its days; one can be made here as of any day.</p>}
      <ul className="divide-y divide-border">
        {statements.data?.map((statement) => (
          <li key={statement.id} className="flex items-start gap-2 py-2 first:pt-0 last:pb-0">
            <div className="min-w-0 flex-1">
              <Link to={`/statements/${statement.id}` as never} className="figures font-medium hover:underline">
                {statement.number}
              </Link>
              <p className="figures text-table text-muted">
                {formatDay(statement.asOf)}, {formatMoney(statement.total)}
              </p>
              <StatusOf state={statementState(statement)} />
            </div>
            <a
              href={`/v1/statements/${statement.id}/pdf`}
              target="_blank"
              rel="noreferrer"
              aria-label={`PDF of ${statement.number}`}
              title="PDF"
              className={`${buttonClass('quiet', 'small')} aspect-square px-0!`}
            >
              <FileText aria-hidden size={16} />
            </a>
            <IconButton
              icon={Send}
              size="small"
              label={`Send ${statement.number}`}
              blockedBecause={refusal}
              onClick={() => refusal === undefined && setSending(statement)}
            />
          </li>
        ))}
      </ul>
      {making && <MakeStatementDialog customer={customer} hasChildren={hasChildren} onClose={() => setMaking(false)} />}
      {sending && <SendStatementDialog statement={sending} onClose={() => setSending(null)} />}
    </Card>
  );
}
