import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { attemptQuery, checkAttempt } from '../../api/payments.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Note, Page } from '../../components/page.tsx';
import { Failure, PageSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatMoney } from '../../format/money.ts';
import { attemptState } from '../../format/states.ts';
import { AttemptDocuments, AttemptFacts, AttemptView, Refunds } from './attempt-view.tsx';

/** One try to collect: what happened, in order. */
export function AttemptPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const attempt = useQuery(attemptQuery(id));
  const queries = useQueryClient();
  const [checking, setChecking] = useState(false);
  if (attempt.isPending) return <PageSkeleton />;
  if (attempt.isError) return <Failure error={attempt.error} retry={() => void attempt.refetch()} />;
  const { data } = attempt;
  const unsettled = ['submitted', 'processing', 'requires_action', 'unknown'].includes(data.state);
  const check = async () => {
    setChecking(true);
    try {
      const next = await checkAttempt(id);
      queries.setQueryData(attemptQuery(id).queryKey, next);
      done(
        next.state === data.state ? `Asked: still “${attemptState(next.state).words.toLowerCase()}”.` : `Now: ${attemptState(next.state).words.toLowerCase()}.`,
      );
    } catch (error) {
      failed(error);
    } finally {
      setChecking(false);
    }
  };
  return (
    <Page
      title={`Try to collect ${formatMoney(data.amount)}`}
      beside={<StatusOf state={attemptState(data.state)} />}
      back={{ label: 'Tries to collect', to: '/payments/attempts' }}
      lead={
        <Link to={`/customers/${data.customerId}` as never} className="link">
          {data.customerName}
        </Link>
      }
      actions={
        <>
          {unsettled && (
            <Button icon={RefreshCw} pending={checking} onClick={() => void check()}>
              Ask the gateway now
            </Button>
          )}
          {data.paymentId && (
            <LinkButton to="/payments/$id" params={{ id: data.paymentId }} variant="primary">
              Show the payment
            </LinkButton>
          )}
        </>
      }
    >
      {data.needsAttention && (
        <div className="mb-5">
          <Note tone="caution">A person should look at this. Compare with the gateway’s own dashboard before you ask the customer again.</Note>
        </div>
      )}
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_340px]">
        <div className="min-w-0 space-y-5">
          <AttemptView attempt={data} />
          <Refunds refunds={data.refunds} />
        </div>
        <div className="min-w-0 space-y-5">
          <AttemptFacts attempt={data} />
          <AttemptDocuments attempt={data} />
        </div>
      </div>
    </Page>
  );
}
