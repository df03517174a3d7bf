import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pause, Play, Plus, UserMinus, Users } from 'lucide-react';
import { useState } from 'react';
import { addMembers, type Cadence, listMembers, type Member, pauseMembers, removeMembers, startMembers } from '../../api/cadences.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { DayCell } from '../../components/date.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, SelectField } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { SelectionBar } from '../../components/selection-bar.tsx';
import { Empty } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { CustomerPicker, type PickedCustomer } from '../customers/customer-picker.tsx';

const states = {
  active: { tone: 'positive', icon: 'done', words: 'Active' },
  paused: { tone: 'caution', icon: 'waiting', words: 'Paused' },
  removed: { tone: 'neutral', icon: 'stopped', words: 'Taken out' },
} as const;

const columns: Column<Member>[] = [
  {
    key: 'name',
    header: 'Customer',
    width: 240,
    grow: true,
    fixed: true,
    phone: 'lead',
    cell: (row) => (
      <Link to={`/customers/${row.customer.id}` as never} title={row.customer.name} className="font-medium hover:underline">
        {row.customer.name}
      </Link>
    ),
  },
  { key: 'number', header: 'Number', width: 110, phone: 'detail', cell: (row) => row.customer.number },
  {
    key: 'state',
    header: 'State',
    width: 120,
    phone: 'state',
    cell: (row) => (
      <Status tone={states[row.state].tone} icon={states[row.state].icon}>
        {states[row.state].words}
      </Status>
    ),
  },
  { key: 'by', header: 'Came in', width: 130, cell: (row) => (row.addedBy === 'person' ? 'By hand' : 'By condition') },
  { key: 'from', header: 'Steps from', width: 120, cell: (row) => <DayCell value={row.joinedOn} /> },
  { key: 'steps', header: 'To do', width: 90, cell: (row) => (row.openSteps > 0 ? plural(row.openSteps, 'step') : <span className="text-muted">–</span>) },
];

/** The customers in a cadence: put in, started, paused and taken out here. */
export function Members({ cadence }: { cadence: Cadence }) {
  const [state, setState] = useState('');
  const [selected, setSelected] = useState<ReadonlyMap<string, Member>>(new Map());
  const [adding, setAdding] = useState(false);
  const refusal = useRefusal('collections.write');
  const shown = (state || undefined) as Member['state'] | undefined;
  const members = usePages(['cadence-members', cadence.id, shown], (cursor, signal) =>
    listMembers(cadence.id, { state: shown, limit: PAGE_SIZE, cursor }, signal),
  );
  const act = useMemberActions(cadence, () => setSelected(new Map()));
  const ids = [...selected.keys()];
  const add = (
    <Button icon={Plus} size="small" blockedBecause={refusal} onClick={() => setAdding(true)}>
      Put in a customer
    </Button>
  );
  return (
    <Card
      title="Customers"
      lead={`${cadence.activeMembers} active, ${cadence.pausedMembers} paused`}
      actions={
        <>
          {cadence.pausedMembers > 0 && (
            <Button size="small" icon={Play} blockedBecause={refusal} onClick={() => void act.start(null)}>
              {`Start ${plural(cadence.pausedMembers, 'paused customer')}`}
            </Button>
          )}
          {add}
        </>
      }
    >
      <SelectField
        label="Show"
        className="mb-3 max-w-64"
        value={state}
        onChange={(next) => {
          setState(next);
          setSelected(new Map());
        }}
        choices={[
          { value: '', label: 'Active and paused' },
          { value: 'active', label: 'Active' },
          { value: 'paused', label: 'Paused' },
          { value: 'removed', label: 'Taken out by hand' },
        ]}
      />
      <DataTable
        label="Customers in the cadence"
        height="natural"
        rows={members.rows}
        rowId={(row) => row.customer.id}
        columns={columns}
        href={(row) => `/customers/${row.customer.id}`}
        selection={{ rows: selected, change: setSelected }}
        loading={members.loading}
        error={members.error}
        retry={members.retry}
        more={members.more}
        empty={
          <Empty icon={Users} title={state ? 'Nobody' : 'Nobody is in it yet'} action={state ? undefined : add}>
            {cadence.customerCondition
              ? 'The condition takes customers in at each run while the cadence is on.'
              : 'Put in the first customer by hand, or let a condition do it.'}
          </Empty>
        }
      />
      <SelectionBar count={selected.size} noun={['customer', 'customers']} clear={() => setSelected(new Map())}>
        <Button size="small" icon={Play} blockedBecause={refusal} onClick={() => void act.start(ids)}>
          Start
        </Button>
        <Button size="small" icon={Pause} blockedBecause={refusal} onClick={() => void act.pause(ids)}>
          Pause
        </Button>
        <Button size="small" icon={UserMinus} blockedBecause={refusal} onClick={() => void act.remove(ids)}>
          Take out
        </Button>
      </SelectionBar>
      {adding && <AddDialog cadence={cadence} onClose={() => setAdding(false)} refresh={act.refresh} />}
    </Card>
  );
}

function useMemberActions(cadence: Cadence, clear: () => void) {
  const queries = useQueryClient();
  const refresh = () =>
    Promise.all(['cadences', 'cadence', 'cadence-members', 'cadence-preview', 'manual-steps'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  const run = async (what: () => Promise<{ changed: number }>, words: (count: number) => string, undo?: () => Promise<unknown>) => {
    try {
      const { changed } = await what();
      clear();
      await refresh();
      done(words(changed), undo && changed > 0 ? () => undo().then(refresh).catch(failed) : undefined);
    } catch (error) {
      failed(error);
    }
  };
  return {
    refresh,
    start: (ids: string[] | null) =>
      run(
        () => startMembers(cadence.id, ids),
        (count) => `${plural(count, 'customer')} started, from today's steps on.`,
        ids ? () => pauseMembers(cadence.id, ids) : undefined,
      ),
    pause: (ids: string[]) =>
      run(
        () => pauseMembers(cadence.id, ids),
        (count) => `${plural(count, 'customer')} paused.`,
        () => startMembers(cadence.id, ids),
      ),
    remove: (ids: string[]) =>
      run(
        () => removeMembers(cadence.id, ids),
        (count) => `${plural(count, 'customer')} taken out.`,
        () => addMembers(cadence.id, ids, false),
      ),
  };
}

function AddDialog({ cadence, onClose, refresh }: { cadence: Cadence; onClose: () => void; refresh: () => Promise<unknown> }) {
  const [customer, setCustomer] = useState<PickedCustomer | null>(null);
  const [elsewhere, setElsewhere] = useState<string | null>(null);
  const [move, setMove] = useState(false);
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Put a customer into “${cadence.name}”`}
      lead={cadence.startsPaused ? 'The customer starts paused.' : "Its steps begin with today's."}
      action={elsewhere && move ? 'Move customer' : 'Put in'}
      blockedBecause={!customer ? 'Choose a customer first.' : elsewhere && !move ? 'Say that you want to move the customer.' : undefined}
      onSubmit={async () => {
        try {
          const { changed } = await addMembers(cadence.id, [customer!.id], move);
          await refresh();
          done(changed > 0 ? `${customer!.name} is in.` : `${customer!.name} was in it already.`);
        } catch (error) {
          if (error instanceof ApiProblem && error.code === 'in_another_cadence') setElsewhere(error.message);
          throw error;
        }
      }}
    >
      <CustomerPicker
        value={customer}
        onChange={(next) => {
          setCustomer(next);
          setElsewhere(null);
          setMove(false);
        }}
      />
      {elsewhere && <CheckField label="Move the customer out of the other cadence" checked={move} onChange={setMove} />}
    </FormDialog>
  );
}
