import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowUp, Copy, ListOrdered, MoreHorizontal, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { type CadenceRow, cadencesQuery, duplicateCadence, moveCadence, removeCadence, switchCadence } from '../../api/cadences.ts';
import { useRefusal } from '../../api/session.ts';
import { IconButton, LinkButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Switch } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { ReminderTabs } from '../reminders/reminder-tabs.tsx';
import { ManualSteps } from './manual-steps.tsx';

/** The cadences in their order, and what they wait for people to do. */
export function CadencesPage() {
  const cadences = useQuery(cadencesQuery);
  const writing = useRefusal('reminders.write');
  const create = writing === undefined && (
    <LinkButton to="/reminders/cadences/$id" params={{ id: 'new' }} icon={Plus} variant="primary">
      New cadence
    </LinkButton>
  );
  const waiting = cadences.data?.reduce((sum, cadence) => sum + cadence.openSteps, 0) ?? 0;
  return (
    <Page
      title="Invoice reminders"
      lead="A cadence takes each customer through the same steps, before and after the due date. A customer is in at most one."
      actions={create}
      tabs={<ReminderTabs />}
    >
      <div className="space-y-5">
        {waiting > 0 && (
          <Card title={`${plural(waiting, 'step')} to do`} lead="The cadence goes on when they are done or skipped." flush>
            <ManualSteps cadenceId={undefined} />
          </Card>
        )}
        <Card flush>
          {cadences.isPending && <LinesSkeleton lines={5} />}
          {cadences.isError && <Failure error={cadences.error} retry={() => void cadences.refetch()} />}
          {cadences.data?.length === 0 && (
            <Empty icon={ListOrdered} title="No cadences yet" action={create || undefined}>
              Such as: a friendly mail 5 days before due, a call 10 days after, a letter after 30. You choose who goes through it.
            </Empty>
          )}
          <ul className="divide-y divide-border">
            {cadences.data?.map((cadence, index) => (
              <Row key={cadence.id} cadence={cadence} before={cadences.data[index - 1]} />
            ))}
          </ul>
        </Card>
      </div>
    </Page>
  );
}

function Row({ cadence, before }: { cadence: CadenceRow; before: CadenceRow | undefined }) {
  const queries = useQueryClient();
  const refusal = useRefusal('reminders.write');
  const [removing, setRemoving] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ['cadences'] });
  const noSteps = cadence.steps.length === 0 && !cadence.active ? 'Add a step first.' : undefined;
  const set = async (active: boolean) => {
    try {
      await switchCadence(cadence.id, active);
      await refresh();
      done(active ? `“${cadence.name}” is on from today.` : `“${cadence.name}” is off.`, () => set(!active));
    } catch (error) {
      failed(error);
    }
  };
  return (
    <li className="flex items-start gap-4 px-4 py-3">
      <div className="pt-0.5">
        <Switch
          checked={cadence.active}
          label={`${cadence.name}: ${cadence.active ? 'on' : 'off'}`}
          onChange={(active) => void set(active)}
          blockedBecause={refusal ?? noSteps}
        />
      </div>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <Link to={`/reminders/cadences/${cadence.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
            {cadence.name}
          </Link>
          <span className="text-label text-muted">{membersOf(cadence)}</span>
        </p>
        <p className="text-table text-muted [overflow-wrap:anywhere]">
          {cadence.assignment}
          {cadence.startsPaused && ' They start paused.'}
        </p>
        {cadence.steps.length > 0 && (
          <ol aria-label={`Steps of ${cadence.name}`} className="mt-1 list-decimal pl-4 text-table text-muted [overflow-wrap:anywhere]">
            {cadence.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        )}
      </div>
      <RowMenu cadence={cadence} before={before} refusal={refusal} remove={() => setRemoving(true)} />
      <FormDialog
        open={removing}
        onClose={() => setRemoving(false)}
        danger
        title={`Delete “${cadence.name}”`}
        action="Delete cadence"
        onSubmit={async () => {
          await removeCadence(cadence.id);
          await refresh();
          done(`“${cadence.name}” deleted.`);
        }}
      >
        <p>
          {cadence.activeMembers + cadence.pausedMembers > 0
            ? `Its ${plural(cadence.activeMembers + cadence.pausedMembers, 'customer')} can be taken in by others. `
            : ''}
          Steps that wait end. What it sent stays on record.
        </p>
      </FormDialog>
    </li>
  );
}

function RowMenu({
  cadence,
  before,
  refusal,
  remove,
}: {
  cadence: CadenceRow;
  before: CadenceRow | undefined;
  refusal: string | undefined;
  remove: () => void;
}) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const copy = async () => {
    try {
      const made = await duplicateCadence(cadence.id);
      await queries.invalidateQueries({ queryKey: ['cadences'] });
      void navigate({ to: `/reminders/cadences/${made.id}` as never });
    } catch (error) {
      failed(error);
    }
  };
  const up = async () => {
    try {
      await moveCadence(cadence.id, before!.position);
      await queries.invalidateQueries({ queryKey: ['cadences'] });
      done(`“${cadence.name}” comes before “${before!.name}”: of customers that both would take, it gets them.`);
    } catch (error) {
      failed(error);
    }
  };
  return (
    <Menu
      trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for ${cadence.name}`} />}
      actions={[
        { label: 'Open', icon: Pencil, onSelect: () => void navigate({ to: `/reminders/cadences/${cadence.id}` as never }) },
        ...(before ? [{ label: 'Move up', icon: ArrowUp, onSelect: () => void up(), blockedBecause: refusal }] : []),
        { label: 'Copy', icon: Copy, onSelect: () => void copy(), blockedBecause: refusal },
        { label: 'Delete', icon: Trash2, danger: true, onSelect: remove, blockedBecause: refusal },
      ]}
    />
  );
}

const membersOf = (cadence: CadenceRow): string =>
  [
    cadence.active ? 'On' : 'Off',
    plural(cadence.activeMembers, 'customer'),
    ...(cadence.pausedMembers > 0 ? [`${cadence.pausedMembers} paused`] : []),
    ...(cadence.openSteps > 0 ? [`${plural(cadence.openSteps, 'step')} to do`] : []),
  ].join(' · ');
