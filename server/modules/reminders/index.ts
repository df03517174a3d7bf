import type { Endpoint } from '../../platform/http/endpoint.ts';
import type { AnyJob } from '../../platform/jobs/jobs.ts';
import { finishManualStep } from './cadences/jobs.ts';
import { endpoints as own } from './endpoints.ts';
import { continueRun, remindersTick } from './jobs.ts';
import { backtestEndpoints, runBacktest } from './proof/index.ts';

export { type RunSummary, runDaily } from './commands/run-daily.ts';
export { activateRule, createRule, type RuleInput, seedDefaultRules } from './commands/rules.ts';
export { reminderEvents } from './events.ts';
export { readUpcoming, type Upcoming } from './inspection/preview.ts';
export { type Why, why } from './inspection/why.ts';

export { finishManualStep };
export const endpoints: readonly Endpoint[] = [...own, ...backtestEndpoints];
export const jobs = [continueRun, finishManualStep, runBacktest] as unknown as AnyJob[];
export const ticks = [remindersTick];
