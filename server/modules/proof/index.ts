import { backtestEndpoints } from './backtest-endpoints.ts';
import { calendarEndpoints } from './calendar-endpoints.ts';
import { runBacktest } from './commands.ts';
import { pruneTick } from './history.ts';
import { whyEndpoints } from './why-endpoints.ts';

export { showBacktest } from './backtest-endpoints.ts';
export { readCalendar } from './calendar.ts';
export { baselineSchema, candidateSchema } from './candidate.ts';
export { executeBacktest, startBacktest } from './commands.ts';
export { why } from './why.ts';

export const endpoints = [...backtestEndpoints, ...calendarEndpoints, ...whyEndpoints];
export const jobs = [runBacktest];
export const ticks = [pruneTick];
