import { existsSync, readFileSync } from 'node:fs';
import { isId } from '../kernel/ids.ts';
import { loadConfig } from '../platform/config/config.ts';
import { type Command, dateOption, exitCodes, Failure, optional, readArgs, required, UsageError } from './command.ts';
import { chosenTenant, withApp } from './open.ts';

export const remindersWhy: Command = {
  help: `payorcrm reminders why --customer NUMBER [--invoice NUMBER] [--on DATE] [--json] [--tenant ID]

Why a customer is reminded on a day or not. Of a day that had its run: the record, with each rule in the version of that
moment, its conditions with the values that they met then, and the decision. Of a day to come: what a run would decide.

  --customer   the customer's number
  --invoice    only about this invoice, by its number
  --on         the day, as YYYY-MM-DD; today in the company's time zone unless told
  --json       an array with one object for each customer of that number
  --tenant     the company's id or name; needed when there are several`,
  async run(args) {
    const { options } = readArgs(args, {
      customer: { type: 'string' },
      invoice: { type: 'string' },
      on: { type: 'string' },
      json: { type: 'boolean' },
      tenant: { type: 'string' },
    });
    const number = required(options, 'customer');
    const on = dateOption(options, 'on');
    return withApp(loadConfig(process.env), async (app) => {
      const { why } = await import('../modules/proof/index.ts');
      const { inTenant, systemActor } = await import('../platform/context.ts');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const answers = await inTenant(app.platform, tenant.id, systemActor, (ctx) => why(ctx, number, on ?? ctx.clock.today(), optional(options, 'invoice')));
      if (options['json']) console.log(JSON.stringify(answers));
      else for (const answer of answers) printWhy(answer);
      return exitCodes.ok;
    });
  },
};

type WhyAnswer = Awaited<ReturnType<typeof import('../modules/proof/index.ts')['why']>>[number];

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

const went = { email: 'SENT', task: 'TASK GIVEN', letter: 'LETTER WRITTEN' };
const ahead = { email: 'WOULD BE SENT', task: 'WOULD GIVE A TASK', letter: 'WOULD WRITE A LETTER' };

function saidOf({ answer, channel, decisions }: WhyAnswer['rules'][number]): string {
  if (answer.code === 'send') return (decisions.length > 0 ? went : ahead)[channel];
  return answer.code === 'held' ? 'HELD BACK' : answer.code === 'merged' ? 'MERGED' : channel === 'email' ? 'no mail' : `no ${channel}`;
}

function printWhy(answer: WhyAnswer): void {
  const moment = answer.runs.length > 0 ? `as its run saw it at ${answer.asOf}` : answer.asOf === null ? 'as things stand now' : 'no run answered for it';
  console.log(
    `${answer.customer.number} ${answer.customer.name} on ${answer.on} (${moment}): ${answer.openInvoices} open ${answer.openInvoices === 1 ? 'invoice' : 'invoices'}`,
  );
  if (answer.invoice?.text) console.log(`${answer.invoice.number}: ${answer.invoice.text}`);
  for (const rule of answer.rules) {
    console.log(`\n${rule.name}${rule.active ? '' : ' (not active)'}, version ${rule.version}: ${rule.sentence}`);
    console.log(`  ${saidOf(rule)}: ${rule.answer.text}`);
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

export const remindersUpcoming: Command = {
  help: `payorcrm reminders upcoming [--days N] [--json] [--tenant ID]

What will go out in the next days if nothing is paid, uploaded or decided until then: the coming runs, simulated.

  --days     how many days from today on; 14 unless told, 31 at most
  --json     {from, days: [{day, isBusinessDay, runs: [{at, mails, held, heldReasons, rows}]}], overrides}
  --tenant   the company's id or name; needed when there are several`,
  async run(args) {
    const { options } = readArgs(args, { days: { type: 'string' }, json: { type: 'boolean' }, tenant: { type: 'string' } });
    const days = Number(optional(options, 'days') ?? 14);
    if (!Number.isInteger(days) || days < 1 || days > 31) throw new UsageError('--days is a whole number from 1 to 31.');
    return withApp(loadConfig(process.env), async (app) => {
      const { readCalendar } = await import('../modules/proof/index.ts');
      const { inTenant, systemActor } = await import('../platform/context.ts');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const calendar = await inTenant(app.platform, tenant.id, systemActor, (ctx) => readCalendar(ctx, { days, perRun: 20 }));
      if (options['json']) console.log(JSON.stringify(calendar));
      else await printCalendar(calendar);
      return exitCodes.ok;
    });
  },
};

type Calendar = Awaited<ReturnType<typeof import('../modules/proof/index.ts')['readCalendar']>>;

async function printCalendar(calendar: Calendar): Promise<void> {
  const { reasonText } = await import('../modules/reminders/index.ts');
  for (const { day, isBusinessDay, runs } of calendar.days) {
    const mails = runs.reduce((sum, run) => sum + run.mails, 0);
    console.log(`${day.toString()}${isBusinessDay ? '' : ' (day off)'}: ${mails} mails`);
    for (const run of runs) {
      const going = run.rows.filter((one) => one.outcome === 'send');
      if (run.waits) console.log(`  larger than usual, more than ${run.allowed}: it will wait for a person`);
      for (const row of going) {
        const thing = row.channel === 'email' ? '' : `${row.channel}, `;
        console.log(`  ${row.customerNumber} ${row.customerName}: ${thing}${row.invoices} invoices, ${row.rules.map((rule) => rule.name).join(', ')}`);
      }
      const rest = run.mails + run.tasks + run.letters - going.length;
      if (rest > 0) console.log(`  … and ${rest} more`);
      for (const [reason, count] of Object.entries(run.heldReasons)) console.log(`  held back, ${reasonText(reason)}: ${count}`);
    }
  }
}

export const remindersBacktest: Command = {
  help: `payorcrm reminders backtest --rule FILE|ID [--version N] [--together] [--against FILE|ID] [--from DATE] [--to DATE]
                            [--more-than N] [--json] [--tenant ID]

Rules replayed day by day over the recorded past: who would have been mailed, how often, against what was really sent.
The result is kept and shown in the program as well.

  --rule        a rule's id; a file with a rule as JSON {name, customerCondition, invoiceCondition, schedule, repeat};
                "live" for the rules that were live then, "current" for those that are active today
  --version     with an id: this version of the rule instead of the one of today
  --together    along with the other rules that were live then
  --against     the same as for --rule: compare with these instead of with what was sent
  --from, --to  the days, as YYYY-MM-DD; the twelve months up to yesterday unless told
  --more-than   contacts with more mails than this are listed; 12 unless told
  --json        the answer of the API
  --tenant      the company's id or name; needed when there are several

Exit codes: 0 done; 1 it could not be worked out; 3 a replay of the live rules is not what is on record.`,
  async run(args) {
    const { options } = readArgs(args, {
      rule: { type: 'string' },
      version: { type: 'string' },
      together: { type: 'boolean' },
      against: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      'more-than': { type: 'string' },
      json: { type: 'boolean' },
      tenant: { type: 'string' },
    });
    const candidate = candidateOf(required(options, 'rule'), options['together'] === true, wholeNumber(optional(options, 'version'), 'version'));
    const against = optional(options, 'against');
    const baseline = against === null ? { kind: 'sent' as const } : candidateOf(against, options['together'] === true, null);
    const moreThan = wholeNumber(optional(options, 'more-than'), 'more-than') ?? 12;
    const [from, to] = [dateOption(options, 'from'), dateOption(options, 'to')];
    return withApp(loadConfig(process.env), async (app) => {
      const { baselineSchema, candidateSchema, executeBacktest, showBacktest, startBacktest } = await import('../modules/proof/index.ts');
      const { systemActor, workFor } = await import('../platform/context.ts');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const work = workFor(app.platform, tenant.id, systemActor);
      const rules = candidateSchema.safeParse(candidate);
      const base = baselineSchema.safeParse(baseline);
      if (!rules.success || !base.success) throw new Failure(`This is no rule: ${(rules.error ?? base.error)!.issues[0]!.message}`);
      const id = await work.transaction((ctx) => {
        const last = to ?? ctx.clock.today().subtract({ days: 1 });
        const first = from ?? last.subtract({ years: 1 }).add({ days: 1 });
        return startBacktest(ctx, { candidate: rules.data, baseline: base.data, from: first, to: last, moreThan });
      });
      await executeBacktest(work, id);
      const result = await work.transaction((ctx) => showBacktest(ctx, id));
      if (options['json']) console.log(JSON.stringify(result));
      else printBacktest(result);
      if (result.state !== 'done') return exitCodes.failed;
      return (result.summary?.proof?.different ?? 0) > 0 ? exitCodes.findings : exitCodes.ok;
    });
  },
};

function wholeNumber(text: string | null, name: string): number | null {
  if (text === null) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${name} is a whole number from 1 on.`);
  return value;
}

function candidateOf(text: string, together: boolean, version: number | null): unknown {
  if (text === 'live' || text === 'current') return { kind: text };
  if (isId(text)) return { kind: 'rule', ruleId: text, version, together };
  if (!existsSync(text)) throw new Failure(`There is no file ${text}, and it is not a rule's id.`);
  try {
    return { kind: 'rule', draft: JSON.parse(readFileSync(text, 'utf8')), together };
  } catch (error) {
    throw new Failure(`${text} is not JSON: ${(error as Error).message}`);
  }
}

type Result = Awaited<ReturnType<typeof import('../modules/proof/index.ts')['showBacktest']>>;

function printBacktest({ title, from, to, state, error, summary, moreThan, contactsAbove }: Result): void {
  console.log(`${title}, ${from} to ${to}`);
  if (!summary) {
    console.log(error ?? state);
    return;
  }
  const { mails, baseMails, sameMails, held, customers, onlyCandidate, onlyBaseline, proof } = summary;
  console.log(`${mails} mails to ${customers} customers, against ${baseMails}; ${sameMails} are the same, ${held} decisions held back`);
  console.log(`customers that only these rules mail: ${onlyCandidate}; that only the other side mails: ${onlyBaseline}`);
  if (proof)
    console.log(proof.different === 0 ? `the replay is what is on record: ${proof.recorded} decisions` : `${proof.different} decisions are not as on record`);
  console.log(`contacts with more than ${moreThan} mails: ${summary.contactsAbove}`);
  for (const contact of contactsAbove.slice(0, 20)) console.log(`  ${contact.address}: ${contact.mails}, at most ${contact.mostInWeek} in a week`);
}
