import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { duplicateRule, removeRule, type Rule, ruleQuery, rulesQuery, switchRule } from '../../api/reminders.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { done, failed } from '../../components/toast.tsx';

/** What can be done to a saved rule, from the list and from its own page. */
export function useRuleActions(rule: Rule) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => Promise.all(['rules', 'upcoming', 'rule-versions', 'reminder-health'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
  const show = (active: boolean) =>
    queries.setQueryData(
      rulesQuery.queryKey,
      (list) => list && { ...list, items: list.items.map((entry) => (entry.id === rule.id ? { ...entry, active } : entry)) },
    );
  const set = async (active: boolean): Promise<void> => {
    // shown at once, and taken back when it is refused
    show(active);
    try {
      queries.setQueryData(ruleQuery(rule.id).queryKey, await switchRule(rule.id, active));
      await refresh();
      done(active ? `“${rule.name}” is on from today.` : `“${rule.name}” is off.`, () => set(!active));
    } catch (error) {
      show(!active);
      failed(error);
    }
  };
  const copy = async () => {
    try {
      const made = await duplicateRule(rule.id);
      await refresh();
      done(`“${made.name}” added, switched off.`);
      void navigate({ to: `/reminders/rules/${made.id}` as never });
    } catch (error) {
      failed(error);
    }
  };
  const remove = async () => {
    await removeRule(rule.id);
    await refresh();
    done(`“${rule.name}” deleted.`);
  };
  return { set, copy, remove };
}

interface DeleteRuleDialogProps {
  rule: Rule;
  open: boolean;
  onClose: () => void;
  remove: () => Promise<unknown>;
}

export function DeleteRuleDialog({ rule, open, onClose, remove }: DeleteRuleDialogProps) {
  return (
    <FormDialog open={open} onClose={onClose} danger title={`Delete “${rule.name}”`} action="Delete rule" onSubmit={remove}>
      <p>
        It leaves the list and reminds nobody any more{rule.active ? ', from now on' : ''}. What it decided stays on record. To stop it for a while, switch it
        off instead.
      </p>
    </FormDialog>
  );
}
