import type { AnyJob, Tick } from '../../platform/jobs/jobs.ts';
import { checkPromises, checkPromisesOf } from './promises/promises.ts';
import { mailDueTasks, taskMailTick } from './tasks/mail.ts';

export const jobs = [checkPromises, checkPromisesOf, mailDueTasks] as unknown as AnyJob[];
export const ticks: Tick[] = [taskMailTick];
