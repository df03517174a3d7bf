import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Copy, History, MoreHorizontal, Trash2 } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Menu } from '../../components/menu.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import type { RuleKind, SavedRule } from './rule-kind.ts';
import { RuleVersions } from './rule-versions.tsx';

/** What can be done to a saved rule, from the list and from its own page. */
export function useRuleActions<R extends SavedRule>(kind: RuleKind<R>, rule: R) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => Promise.all(kind.refreshed.map((name) => queries.invalidateQueries({ queryKey: [name] })));
  const show = (active: boolean) =>
    queries.setQueryData<{ items: SavedRule[] }>(
      kind.listKey,
      (list) => list && { ...list, items: list.items.map((entry) => (entry.id === rule.id ? { ...entry, active } : entry)) },
    );
  const set = async (active: boolean): Promise<void> => {
    // shown at once, and taken back when it is refused
    show(active);
    try {
      queries.setQueryData(kind.ruleKey(rule.id), await kind.switch(rule.id, active));
      await refresh();
      done(active ? `“${rule.name}” is on from today.` : `“${rule.name}” is off.`, () => set(!active));
    } catch (error) {
      show(!active);
      failed(error);
    }
  };
  const copy = async () => {
    try {
      const made = await kind.duplicate(rule.id);
      await refresh();
      done(`“${made.name}” added, switched off.`);
      void navigate({ to: `${kind.pages}/${made.id}` as never });
    } catch (error) {
      failed(error);
    }
  };
  const remove = async () => {
    await kind.remove(rule.id);
    await refresh();
    done(`“${rule.name}” deleted.`);
  };
  const restore = async (version: number): Promise<R> => {
    const restored = await kind.restore(rule.id, version);
    queries.setQueryData(kind.ruleKey(rule.id), restored);
    await refresh();
    done(`Version ${version} is back, as version ${restored.version}.`);
    return restored;
  };
  return { set, copy, remove, restore };
}

interface DeleteRuleDialogProps {
  name: string;
  words: string;
  open: boolean;
  onClose: () => void;
  remove: () => Promise<unknown>;
}

export function DeleteRuleDialog({ name, words, open, onClose, remove }: DeleteRuleDialogProps) {
  return (
    <FormDialog open={open} onClose={onClose} danger title={`Delete “${name}”`} action="Delete rule" onSubmit={remove}>
      <p>{words}</p>
    </FormDialog>
  );
}

export const ActiveState = ({ active }: { active: boolean }) =>
  active ? (
    <Status tone="positive" icon="done">
      On
    </Status>
  ) : (
    <Status icon="none">Off</Status>
  );

interface SavedRuleActionsProps<R extends SavedRule> {
  kind: RuleKind<R>;
  rule: R;
  form: { dirty: boolean; unsaved: RefObject<boolean>; take: (rule: R) => void };
}

/** The buttons of a saved rule's page: on and off, its versions, a copy, away. */
export function SavedRuleActions<R extends SavedRule>({ kind, rule, form }: SavedRuleActionsProps<R>) {
  const actions = useRuleActions(kind, rule);
  const navigate = useNavigate();
  const refusal = useRefusal(kind.permission);
  const [pending, setPending] = useState(false);
  const [history, setHistory] = useState(false);
  const [removing, setRemoving] = useState(false);
  return (
    <>
      <Button
        pending={pending}
        blockedBecause={refusal ?? (form.dirty && !rule.active ? 'Save the changes first.' : undefined)}
        onClick={() => {
          setPending(true);
          void actions.set(!rule.active).finally(() => setPending(false));
        }}
      >
        {rule.active ? 'Switch off' : 'Switch on'}
      </Button>
      <Button icon={History} onClick={() => setHistory(true)}>
        Versions
      </Button>
      <Menu
        trigger={<IconButton icon={MoreHorizontal} label="More actions" variant="secondary" />}
        actions={[
          { label: 'Duplicate', icon: Copy, onSelect: () => void actions.copy(), blockedBecause: refusal },
          { label: 'Delete', icon: Trash2, danger: true, onSelect: () => setRemoving(true), blockedBecause: refusal },
        ]}
      />
      <RuleVersions
        kind={kind}
        rule={rule}
        open={history}
        onClose={() => setHistory(false)}
        dirty={form.dirty}
        restore={async (version) => form.take(await actions.restore(version))}
      />
      <DeleteRuleDialog
        name={rule.name}
        words={kind.deleting}
        open={removing}
        onClose={() => setRemoving(false)}
        remove={async () => {
          await actions.remove();
          form.unsaved.current = false;
          void navigate({ to: kind.list as never });
        }}
      />
    </>
  );
}
