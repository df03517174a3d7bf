import { loadConfig } from '../platform/config/config.ts';
import { type Command, dateOption, exitCodes, optional, readArgs, required } from './command.ts';
import { chosenTenant, withApp } from './open.ts';

const money = (amounts: readonly { amount: string; currency: string }[]) => amounts.map((one) => `${one.amount} ${one.currency}`).join(' + ') || 'nothing';

export const remindersRun: Command = {
  help: `payorcrm reminders run [--on DATE] [--dry-run] [--json] [--tenant ID]

The daily run of a company, now: the active rules are asked for the day, and for days before it that were missed. A day
that had its run is not run again. The mails are written here and sent by the worker (payorcrm serve).

  --on        the day, as YYYY-MM-DD; today in the company's time zone unless told
  --dry-run   says what would be sent and writes nothing
  --json      {runId, runOn, days, missedDays, dryRun, alreadyDone, mails, merged, held, heldReasons, amounts}
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
          `${tenant.name}, ${result.days.join(', ')}: ${result.mails} mails ${will} over ${money(result.amounts)}; ${result.merged} decisions merged, ${result.held} held back`,
        );
        for (const [reason, count] of Object.entries(result.heldReasons)) console.log(`  held back, ${reason}: ${count}`);
        for (const missed of result.missedDays) console.log(`  ${missed} was missed and is too long ago`);
      }
      return exitCodes.ok;
    });
  },
};

export const remindersWhy: Command = {
  help: `payorcrm reminders why --customer NUMBER [--on DATE] [--json] [--tenant ID]

Why a customer is reminded on a day or not: each rule, its conditions with the values they met, and the decision.

  --customer   the customer's number
  --on         the day, as YYYY-MM-DD; today in the company's time zone unless told
  --json       an array with one object for each customer of that number
  --tenant     the company's id or name; needed when there are several`,
  async run(args) {
    const { options } = readArgs(args, { customer: { type: 'string' }, on: { type: 'string' }, json: { type: 'boolean' }, tenant: { type: 'string' } });
    const number = required(options, 'customer');
    const on = dateOption(options, 'on');
    return withApp(loadConfig(process.env), async (app) => {
      const { why } = await import('../modules/reminders/index.ts');
      const { inTenant, systemActor } = await import('../platform/context.ts');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const answers = await inTenant(app.platform, tenant.id, systemActor, (ctx) => why(ctx, number, on ?? ctx.clock.today()));
      if (options['json']) console.log(JSON.stringify(answers));
      else for (const answer of answers) printWhy(answer);
      return exitCodes.ok;
    });
  },
};

type WhyAnswer = Awaited<ReturnType<typeof import('../modules/reminders/index.ts')['why']>>[number];

/** What is the customer's own is said once; of the invoices, the selected ones and those that meet the condition first. */
function shownValues(condition: WhyAnswer['rules'][number]['conditions'][number], matched: readonly string[]): string {
  if (condition.about === 'customer') return condition.values[0]?.value ?? '';
  const rank = (one: { invoice: string; held: boolean }) => (matched.includes(one.invoice) ? 0 : one.held ? 1 : 2);
  const values = condition.values
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, 5)
    .map((one) => `${one.invoice}: ${one.value}`);
  return values.join('; ') + (condition.values.length > 5 ? '; …' : '');
}

function printWhy(answer: WhyAnswer): void {
  console.log(`${answer.customer.number} ${answer.customer.name} on ${answer.on}: ${answer.openInvoices} open invoices`);
  for (const rule of answer.rules) {
    console.log(`\n${rule.name}${rule.active ? '' : ' (not active)'}: ${rule.sentence}`);
    console.log(`  selects ${rule.matched.join(', ') || 'no invoice'}`);
    for (const condition of rule.conditions) {
      const values = shownValues(condition, rule.matched);
      console.log(`  ${condition.held ? 'yes' : 'no '}  ${condition.field} ${condition.asked}${values ? `  (${values})` : ''}`);
    }
    for (const decision of rule.decisions)
      console.log(`  decided ${decision.day}: ${decision.outcome}, ${decision.text}, ${decision.amount.amount} ${decision.amount.currency}`);
    if (rule.wouldBe) console.log(`  a run would decide: ${rule.wouldBe.outcome}, ${rule.wouldBe.text}`);
  }
}
