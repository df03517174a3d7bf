export { backtestEndpoints, showBacktest } from './backtest-endpoints.ts';
export { type Baseline, baselineSchema, type Candidate, candidateSchema } from './candidate.ts';
export { executeBacktest, runBacktest, startBacktest } from './commands.ts';
export { proofEvents } from './events.ts';
