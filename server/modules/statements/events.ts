/** Facts that this module records. `data.before` and `data.after` hold the changed fields only. */
export const statementEvents = {
  ruleCreated: 'statement_rule.created',
  ruleUpdated: 'statement_rule.updated',
  ruleActivated: 'statement_rule.activated',
  ruleDeactivated: 'statement_rule.deactivated',
  ruleArchived: 'statement_rule.archived',
  runStarted: 'statement_run.started',
  runFinished: 'statement_run.finished',
  runRetried: 'statement_run.retried',
  made: 'statement.made',
  queued: 'statement.queued',
  logoChanged: 'statement_logo.changed',
} as const;
