import type { Endpoint } from '../../platform/http/endpoint.ts';
import type { AnyJob } from '../../platform/jobs/jobs.ts';
import { byHandEndpoints } from './by-hand/endpoints.ts';
import { finishManualStep } from './cadences/jobs.ts';
import { endpoints as own } from './endpoints.ts';
import { continueRun, heartbeatTick, refreshPaymentHabits, remindersTick } from './jobs.ts';
import { proofEndpoints, runBacktest } from './proof/index.ts';

export { type RunSummary, runDaily } from './commands/run-daily.ts';
export { activateRule, createRule, type RuleInput, seedDefaultRules } from './commands/rules.ts';
export type { StepInput } from './cadences/cadence.ts';
export { createCadence } from './cadences/commands/cadence.ts';
export { type ByHand, readByHand } from './by-hand/queries.ts';
export { reminderEvents } from './events.ts';
export { readUpcoming, type Upcoming } from './inspection/preview.ts';
export { baselineSchema, candidateSchema, executeBacktest, readCalendar, showBacktest, startBacktest, why } from './proof/index.ts';
export { reasonText } from './rule.ts';

export { finishManualStep, refreshPaymentHabits };
export { printLetters } from './cadences/letters/letters.ts';
export const endpoints: readonly Endpoint[] = [...own, ...proofEndpoints, ...byHandEndpoints];
export const jobs = [continueRun, refreshPaymentHabits, finishManualStep, runBacktest] as unknown as AnyJob[];
export const ticks = [remindersTick, heartbeatTick];
