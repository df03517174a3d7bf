import { plural } from '../../format/dates.ts';

interface Outgoing {
  mails: number;
  tasks: number;
  letters: number;
}

/** What leaves a run besides mails: "1 task", "2 letters". */
export const besidesMails = ({ tasks, letters }: Omit<Outgoing, 'mails'>): string[] =>
  [tasks > 0 ? plural(tasks, 'task') : '', letters > 0 ? plural(letters, 'letter') : ''].filter(Boolean);

/** "14 reminders", "3 reminders, 1 task"; "no reminder" of a run that sends nothing. */
export const outgoing = (run: Outgoing): string =>
  [run.mails > 0 ? plural(run.mails, 'reminder') : '', ...besidesMails(run)].filter(Boolean).join(', ') || 'no reminder';

export const sendsNothing = ({ mails, tasks, letters }: Outgoing): boolean => mails + tasks + letters === 0;
