export { endpoints } from './endpoints.ts';
export { collectionEvents } from './events.ts';
export { jobs, ticks } from './jobs.ts';
export { checkPromises, checkPromisesOf, makePromise, type PromiseInput } from './promises/promises.ts';
export { openDispute, type DisputeInput } from './disputes/disputes.ts';
export { pages } from './pages/pages.ts';
export { renderTasksDue } from './tasks/mail.ts';
export type { Task, TaskSource, TaskState } from './tasks/queries.ts';
export { completeTask, createTask, skipTask, type TaskInput } from './tasks/tasks.ts';
