import {
  addStatementSample,
  duplicateStatementRule,
  readStatementSamples,
  readStatementVersions,
  removeStatementRule,
  restoreStatementVersion,
  type StatementRule,
  statementRuleQuery,
  statementRulesQuery,
  switchStatementRule,
} from '../../api/statements.ts';
import type { RuleKind } from '../reminders/rule-kind.ts';

export const statementRules: RuleKind<StatementRule> = {
  list: '/statements',
  pages: '/statements/rules',
  permission: 'statements.write',
  listKey: statementRulesQuery.queryKey,
  ruleKey: (id) => statementRuleQuery(id).queryKey,
  refreshed: ['statement-rules', 'rule-versions'],
  switch: switchStatementRule,
  duplicate: duplicateStatementRule,
  remove: removeStatementRule,
  versions: readStatementVersions,
  restore: restoreStatementVersion,
  samples: readStatementSamples,
  addSample: addStatementSample,
  deleting: 'It leaves the list and makes no statements any more. Those that it made stay. To stop it for a while, switch it off instead.',
  versionsLead: 'Each statement names the version that made it.',
};
