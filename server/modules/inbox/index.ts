export { fetchInbox, type FetchReport } from './commands/fetch.ts';
export { alarmInbox, fetchMail, jobs, ticks } from './jobs.ts';
