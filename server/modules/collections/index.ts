export { collectionEvents } from './events.ts';
export type { Task, TaskSource, TaskState } from './tasks/queries.ts';
export { completeTask, createTask, skipTask, type TaskInput } from './tasks/tasks.ts';
