export { fetchInbox, type FetchReport } from './commands/fetch.ts';
export { keepMessages } from './commands/store-batch.ts';
export { readMessage } from './reading/parse.ts';
export { endpoints } from './endpoints.ts';
export { alarmInbox, fetchMail, jobs, ticks } from './jobs.ts';
export { renderReplies } from './renderer.ts';
