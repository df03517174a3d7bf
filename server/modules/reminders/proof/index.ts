import { backtestEndpoints } from './backtest-endpoints.ts';
import { calendarEndpoints } from './calendar-endpoints.ts';
import { whyEndpoints } from './why-endpoints.ts';

export { showBacktest } from './backtest-endpoints.ts';
export { readCalendar } from './calendar.ts';
export { baselineSchema, candidateSchema } from './candidate.ts';
export { executeBacktest, runBacktest, startBacktest } from './commands.ts';
export { why } from './why.ts';

export const proofEndpoints = [...backtestEndpoints, ...calendarEndpoints, ...whyEndpoints];
