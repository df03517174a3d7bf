import { ruleEndpoints } from './endpoints/rules.ts';
import { runEndpoints } from './endpoints/runs.ts';
import { statementEndpoints } from './endpoints/statements.ts';
import { continueRun, retryFailed, statementsTick } from './jobs.ts';

export { seedDefaultRules } from './commands/rules.ts';
export { makeStatements } from './commands/statement.ts';
export { runNow, type RunSummary } from './commands/run-now.ts';
export { pdfOf } from './commands/draw.ts';
export { executeRun } from './commands/run.ts';
export { readByNumber } from './documents/queries.ts';
export { statementEvents } from './events.ts';
export { pages } from './pages.ts';
export { renderStatements } from './renderer.ts';

export const endpoints = [...ruleEndpoints, ...runEndpoints, ...statementEndpoints];
export const jobs = [continueRun, retryFailed];
export const ticks = [statementsTick];
