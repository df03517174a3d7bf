import { loadConfig } from '../platform/config/config.ts';
import { type Command, dateOption, exitCodes, optional, readArgs } from './command.ts';
import { chosenTenant, withApp } from './open.ts';

const money = (amounts: readonly { amount: string; currency: string }[]) => amounts.map((one) => `${one.amount} ${one.currency}`).join(' + ') || 'nothing';

const count = (n: number, word: string) => `${n} ${n === 1 ? word : `${word}s`}`;

/** "3 mails", "3 mails, 1 task" */
const counted = ({ mails, tasks, letters }: { mails: number; tasks: number; letters: number }): string =>
  [count(mails, 'mail'), ...(tasks > 0 ? [count(tasks, 'task')] : []), ...(letters > 0 ? [count(letters, 'letter')] : [])].join(', ');

export const remindersRun: Command = {
  help: `payorcrm reminders run [--on DATE] [--dry-run] [--json] [--tenant ID]

The daily run of a company, now: the active rules are asked for the day, and for days before it that were missed. A day
that had its run is not run again; rules with an hour of their own have runs of their own. A run much larger than usual
waits for a person. The mails are written here and sent by the worker (payorcrm serve).

  --on        the day, as YYYY-MM-DD; today in the company's time zone unless told
  --dry-run   says what would be sent and writes nothing
  --json      {runId, runOn, days, missedDays, dryRun, alreadyDone, waiting, mails, tasks, letters, merged, held, heldReasons, amounts}
  --tenant    the company's id or name; needed when there are several`,
  async run(args) {
    const { options } = readArgs(args, { on: { type: 'string' }, 'dry-run': { type: 'boolean' }, json: { type: 'boolean' }, tenant: { type: 'string' } });
    const on = dateOption(options, 'on');
    return withApp(loadConfig(process.env), async (app) => {
      const { runDaily } = await import('../modules/reminders/index.ts');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const day = on ?? app.platform.clock.now().toZonedDateTimeISO(tenant.timezone).toPlainDate();
      const result = await runDaily(app.platform, tenant.id, day, { dryRun: options['dry-run'] === true });
      if (options['json']) console.log(JSON.stringify(result));
      else {
        const will = result.dryRun ? 'would be sent' : 'to be sent';
        if (result.alreadyDone) console.log(`${result.runOn} had its run already.`);
        console.log(
          `${tenant.name}, ${result.days.join(', ')}: ${counted(result)} ${will}${result.amounts.length === 0 ? '' : `, asking for ${money(result.amounts)}`}; ${result.merged} decisions merged, ${result.held} held back`,
        );
        if (result.waiting) console.log('  much larger than usual: it waits for somebody to approve it');
        for (const [reason, count] of Object.entries(result.heldReasons)) console.log(`  held back, ${reason}: ${count}`);
        for (const missed of result.missedDays) console.log(`  ${missed} was missed and is too long ago`);
      }
      return exitCodes.ok;
    });
  },
};
