/** Facts about proofs and coming days. */
export const proofEvents = {
  backtestStarted: 'reminder_backtest.started',
  backtestCancelled: 'reminder_backtest.cancelled',
  backtestDeleted: 'reminder_backtest.deleted',
  overridden: 'reminder_override.made',
  overrideWithdrawn: 'reminder_override.withdrawn',
} as const;
