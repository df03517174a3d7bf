import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { duplicateStatementRule, removeStatementRule, type StatementRule, statementRulesQuery, switchStatementRule } from '../../api/statements.ts';
import { done, failed } from '../../components/toast.tsx';

/** What can be done to a saved rule, from the list and from its own page. */
export function useStatementRuleActions(rule: StatementRule) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => Promise.all(['statement-rules', 'statement-rule'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
  const show = (active: boolean) =>
    queries.setQueryData(
      statementRulesQuery.queryKey,
      (found) => found && { ...found, items: found.items.map((entry) => (entry.id === rule.id ? { ...entry, active } : entry)) },
    );
  const set = async (active: boolean): Promise<void> => {
    // shown at once, and taken back when it is refused
    show(active);
    try {
      await switchStatementRule(rule.id, active);
      await refresh();
      done(active ? `“${rule.name}” is on from today.` : `“${rule.name}” is off.`, () => set(!active));
    } catch (error) {
      show(!active);
      failed(error);
    }
  };
  const copy = async () => {
    try {
      const made = await duplicateStatementRule(rule.id);
      await refresh();
      void navigate({ to: `/statements/rules/${made.id}` as never });
    } catch (error) {
      failed(error);
    }
  };
  const remove = async () => {
    await removeStatementRule(rule.id);
    await refresh();
    done(`“${rule.name}” deleted.`);
  };
  return { set, copy, remove };
}
