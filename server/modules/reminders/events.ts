/** Facts that this module records. `data.before` and `data.after` hold the changed fields only. */
export const reminderEvents = {
  ruleCreated: 'reminder_rule.created',
  ruleUpdated: 'reminder_rule.updated',
  ruleActivated: 'reminder_rule.activated',
  ruleDeactivated: 'reminder_rule.deactivated',
  ruleArchived: 'reminder_rule.archived',
  sentByHand: 'reminder.sent_by_hand',
  runStarted: 'reminder_run.started',
  runFinished: 'reminder_run.finished',
  runStopped: 'reminder_run.stopped',
  runApproved: 'reminder_run.approved',
  runCanceled: 'reminder_run.canceled',
  alarmRaised: 'reminder_alarm.raised',
  alarmSeen: 'reminder_alarm.seen',
} as const;
