import type { Command } from './command.ts';

export { exitCodes } from './command.ts';

interface Entry {
  words: string;
  summary: string;
  load: () => Promise<Command>;
}

/** Every command, in the order of the overview. */
const entries: Entry[] = [
  { words: 'demo', summary: 'a demo company with everything it needs, on this machine', load: async () => (await import('./demo.ts')).demo },
  { words: 'serve', summary: 'the program itself: web server and worker', load: async () => (await import('./serve.ts')).serve },
  { words: 'migrate', summary: 'bring the database to the newest schema', load: async () => (await import('./migrate.ts')).migrateCommand },
  { words: 'doctor', summary: 'settings, database, migrations and mail, checked', load: async () => (await import('./doctor.ts')).doctor },
  { words: 'tenant create', summary: 'a new company with an administrator and an API key', load: async () => (await import('./tenant.ts')).tenantCreate },
  { words: 'user recover', summary: 'a way back in for who lost password or phone', load: async () => (await import('./user.ts')).userRecover },
  { words: 'upload', summary: 'customers or invoices from a file', load: async () => (await import('./upload.ts')).upload },
  { words: 'reminders run', summary: "a day's reminders, now", load: async () => (await import('./reminders.ts')).remindersRun },
  { words: 'reminders why', summary: 'why a customer is or is not reminded', load: async () => (await import('./reminders-proof.ts')).remindersWhy },
  { words: 'reminders upcoming', summary: 'what will go out in the next days', load: async () => (await import('./reminders-proof.ts')).remindersUpcoming },
  { words: 'reminders backtest', summary: 'rules replayed over the recorded past', load: async () => (await import('./reminders-proof.ts')).remindersBacktest },
  { words: 'letters print', summary: 'the letters that wait, as one PDF', load: async () => (await import('./letters.ts')).lettersPrint },
  { words: 'statements run', summary: 'statements, now', load: async () => (await import('./statements.ts')).statementsRun },
  { words: 'statements show', summary: 'a statement by its number', load: async () => (await import('./statements.ts')).statementsShow },
  { words: 'export', summary: 'a company into one file', load: async () => (await import('./transfer.ts')).exportCommand },
  { words: 'import', summary: 'a company from such a file', load: async () => (await import('./transfer.ts')).importCommand },
  { words: 'openapi', summary: 'write openapi.json and the types made of it', load: async () => (await import('./openapi.ts')).openapi },
];

/** The command for the words typed, and what is left of them; null when there is none. */
export async function loadCommand(name: string, rest: string[]): Promise<{ command: Command; args: string[] } | null> {
  const two = entries.find((entry) => entry.words === `${name} ${rest[0] ?? ''}`);
  if (two) return { command: await two.load(), args: rest.slice(1) };
  const one = entries.find((entry) => entry.words === name);
  if (one) return { command: await one.load(), args: rest };
  const group = entries.filter((entry) => entry.words.startsWith(`${name} `));
  if (group.length === 0) return null;
  const help = `payorcrm ${name} …\n\n${listOf(group)}`;
  return { command: { help, run: async () => (console.error(help), 2) }, args: rest };
}

function listOf(some: Entry[]): string {
  const width = Math.max(...some.map((entry) => entry.words.length));
  return some.map((entry) => `  ${entry.words.padEnd(width)}  ${entry.summary}`).join('\n');
}

export const overview = (): string => `PayorCRM: upload invoices, remind by rules, get paid from the e-mail.

payorcrm COMMAND [OPTIONS]     payorcrm COMMAND --help

${listOf(entries)}

  build, check, test, bench    the repository's own tasks (npm run …)

Settings come from the environment; "payorcrm doctor" lists them.
Exit codes: 0 done; 1 failed; 2 wrong use or a wrong setting; 3 done, with findings (rows refused, checks not met).`;
