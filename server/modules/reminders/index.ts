import type { AnyJob } from '../../platform/jobs/jobs.ts';
import { finishManualStep } from './cadences/jobs.ts';
import { continueRun, remindersTick } from './jobs.ts';

export { type RunSummary, runDaily } from './commands/run-daily.ts';
export { activateRule, createRule, type RuleInput, seedDefaultRules } from './commands/rules.ts';
export { endpoints } from './endpoints.ts';
export { reminderEvents } from './events.ts';
export { readUpcoming, type Upcoming } from './inspection/preview.ts';
export { type Why, why } from './inspection/why.ts';

export { finishManualStep };
export const jobs = [continueRun, finishManualStep] as unknown as AnyJob[];
export const ticks = [remindersTick];
