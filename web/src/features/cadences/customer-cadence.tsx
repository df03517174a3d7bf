import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pause, Play, Plus, UserMinus } from 'lucide-react';
import { useState } from 'react';
import { addMembers, cadencesQuery, customerCadenceQuery, pauseMembers, removeMembers, startMembers } from '../../api/cadences.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { SelectField } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay } from '../../format/dates.ts';

interface CustomerProps {
  customer: { id: string; name: string };
}

/** The cadence that a customer goes through, and the way in and out of it. */
export function CustomerCadence({ customer }: CustomerProps) {
  const found = useQuery(customerCadenceQuery(customer.id));
  const cadences = useQuery(cadencesQuery);
  const [choosing, setChoosing] = useState(false);
  const refusal = useRefusal('collections.write');
  const act = useActions(customer);
  // a company without cadences is not told of them on each customer
  if (cadences.data?.length === 0) return null;
  const cadence = found.data?.cadence;
  const state = found.data?.state;
  return (
    <Card title="Cadence">
      {found.isPending && <LinesSkeleton lines={2} />}
      {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data && !cadence && (
        <>
          <p className="mb-3 text-muted">In no cadence. Rules that stand alone remind this customer.</p>
          <Button size="small" icon={Plus} blockedBecause={refusal} onClick={() => setChoosing(true)}>
            Put into a cadence
          </Button>
        </>
      )}
      {found.data && cadence && (
        <>
          <p className="flex flex-wrap items-center gap-2">
            <Link to={`/reminders/cadences/${cadence.id}` as never} className="link font-medium [overflow-wrap:anywhere]">
              {cadence.name}
            </Link>
            {state === 'paused' ? (
              <Status tone="caution" icon="waiting">
                Paused
              </Status>
            ) : cadence.active ? (
              <Status tone="positive" icon="done">
                Active
              </Status>
            ) : (
              <Status icon="none">Cadence is off</Status>
            )}
          </p>
          <p className="mb-3 text-table text-muted">
            {found.data.addedBy === 'condition' ? 'Taken in by its condition' : 'Put in by hand'}, steps from {formatDay(found.data.joinedOn ?? '')} on
          </p>
          <div className="flex flex-wrap gap-2">
            {state === 'paused' ? (
              <Button
                size="small"
                icon={Play}
                blockedBecause={refusal}
                onClick={() => void act.run(() => startMembers(cadence.id, [customer.id]), 'Started, from today’s steps on.')}
              >
                Start
              </Button>
            ) : (
              <Button
                size="small"
                icon={Pause}
                blockedBecause={refusal}
                onClick={() => void act.run(() => pauseMembers(cadence.id, [customer.id]), 'Paused in the cadence.')}
              >
                Pause
              </Button>
            )}
            <Button
              size="small"
              icon={UserMinus}
              blockedBecause={refusal}
              onClick={() =>
                void act.run(
                  () => removeMembers(cadence.id, [customer.id]),
                  `Taken out of “${cadence.name}”.`,
                  () => addMembers(cadence.id, [customer.id], false),
                )
              }
            >
              Take out
            </Button>
          </div>
        </>
      )}
      {choosing && <ChooseDialog customer={customer} cadences={cadences.data ?? []} refresh={act.refresh} onClose={() => setChoosing(false)} />}
    </Card>
  );
}

function useActions(customer: CustomerProps['customer']) {
  const queries = useQueryClient();
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['customer-cadence', customer.id] }),
      queries.invalidateQueries({ queryKey: ['timeline', 'customers', customer.id] }),
      ...['cadences', 'cadence', 'cadence-members', 'manual-steps'].map((key) => queries.invalidateQueries({ queryKey: [key] })),
    ]);
  const run = async (what: () => Promise<unknown>, words: string, undo?: () => Promise<unknown>) => {
    try {
      await what();
      await refresh();
      done(words, undo && (() => undo().then(refresh).catch(failed)));
    } catch (error) {
      failed(error);
    }
  };
  return { refresh, run };
}

interface ChooseProps extends CustomerProps {
  cadences: readonly { id: string; name: string; active: boolean; startsPaused: boolean }[];
  refresh: () => Promise<unknown>;
  onClose: () => void;
}

function ChooseDialog({ customer, cadences, refresh, onClose }: ChooseProps) {
  const [id, setId] = useState(cadences[0]?.id ?? '');
  const chosen = cadences.find((cadence) => cadence.id === id);
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Put ${customer.name} into a cadence`}
      lead={chosen?.startsPaused ? 'The customer starts paused.' : "Its steps begin with today's."}
      action="Put in"
      onSubmit={async () => {
        await addMembers(id, [customer.id], false);
        await refresh();
        done(`${customer.name} is in “${chosen?.name}”.`);
      }}
    >
      <SelectField
        label="Cadence"
        value={id}
        onChange={setId}
        choices={cadences.map((cadence) => ({ value: cadence.id, label: cadence.active ? cadence.name : `${cadence.name} (off)` }))}
      />
    </FormDialog>
  );
}
