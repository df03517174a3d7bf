export { fetchInbox, type FetchReport } from './commands/fetch.ts';
export { endpoints } from './endpoints.ts';
export { alarmInbox, fetchMail, jobs, ticks } from './jobs.ts';
export { renderReplies } from './renderer.ts';
