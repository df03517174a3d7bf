import type { Endpoint } from '../../platform/http/endpoint.ts';
import type { AnyJob } from '../../platform/jobs/jobs.ts';
import { byHandEndpoints } from './by-hand/endpoints.ts';
import { finishManualStep } from './cadences/jobs.ts';
import { endpoints as own } from './endpoints.ts';
import { continueRun, heartbeatTick, refreshPaymentHabits, remindersTick } from './jobs.ts';

export { type RunSummary, runDaily } from './commands/run-daily.ts';
export { activateRule, createRule, deactivateRule, restoreVersion, type RuleInput, seedDefaultRules, updateRule } from './commands/rules.ts';
export type { StepInput } from './cadences/cadence.ts';
export { createCadence } from './cadences/commands/cadence.ts';
export { type ByHand, readByHand } from './by-hand/queries.ts';
export { reminderEvents } from './events.ts';
export { readUpcoming, type Upcoming } from './inspection/preview.ts';
export { reasonText } from './rule.ts';

// for proof, which runs all of this at other moments
export { allowedMails } from './commands/brake.ts';
export { prepareCadences } from './cadences/hand-over.ts';
export { decideRun, planRun, startDailyRun, startManualRun } from './commands/run.ts';
export { decideCustomer } from './inspection/queries.ts';
export { fieldLabel, showAsked, showValue } from './inspection/values.ts';
export { planFor } from './planning/agenda.ts';
export type { Grouping } from './planning/queries.ts';
export { type DecisionRow, listDecisions, readCustomersByNumber, readRule, readRules } from './queries.ts';
export { type Channel, channels } from './rule.ts';
export { readRun } from './runs/queries.ts';
export { isScheduled, type Repeat, type Schedule } from './schedule.ts';

export { continueRun, finishManualStep, refreshPaymentHabits };
export { printLetters } from './cadences/letters/letters.ts';
export const endpoints: readonly Endpoint[] = [...own, ...byHandEndpoints];
export const jobs = [continueRun, refreshPaymentHabits, finishManualStep] as unknown as AnyJob[];
export const ticks = [remindersTick, heartbeatTick];
