import { loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, Failure, optional, printPairs, readArgs } from './command.ts';
import { chosenTenant, withApp } from './open.ts';

const money = (amounts: readonly { amount: string; currency: string }[]) => amounts.map((one) => `${one.amount} ${one.currency}`).join(' + ') || 'nothing';

export const statementsRun: Command = {
  help: `payorcrm statements run [--rule NAME | --all] [--no-mails] [--dry-run] [--json] [--tenant ID]

Makes the statements of a company as of today, now: of the rules that are on and due today, unless told otherwise. They
are numbered, drawn and kept here; the worker (payorcrm serve) sends the mails.

  --rule      the rule of that name, on or off, due or not
  --all       all rules that are on, due or not
  --no-mails  makes them for paper: nobody is written to
  --dry-run   says what would be made and writes nothing
  --json      {runId, asOf, dryRun, rules, statements, held, failed, heldReasons, amounts}
  --tenant    the company's id or name; needed when there are several`,
  async run(args) {
    const { options } = readArgs(args, {
      rule: { type: 'string' },
      all: { type: 'boolean' },
      'no-mails': { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      json: { type: 'boolean' },
      tenant: { type: 'string' },
    });
    const rule = optional(options, 'rule');
    return withApp(loadConfig(process.env), async (app) => {
      const { runNow } = await import('../modules/statements/index.ts');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const rules = rule !== null ? [rule] : options['all'] ? 'on' : 'due';
      const result = await runNow(app.platform, tenant.id, { rules, mails: !options['no-mails'], dryRun: options['dry-run'] === true }).catch(
        (error: unknown) => {
          if (error instanceof RangeError) throw new Failure(error.message);
          throw error;
        },
      );
      if (options['json']) console.log(JSON.stringify(result));
      else if (result.rules.length === 0) console.log(`${tenant.name}: no rule is ${rules === 'on' ? 'on' : 'due today'}. --rule NAME runs one at any time.`);
      else {
        const verb = result.dryRun ? 'would be made' : 'made';
        console.log(`${tenant.name}, as of ${result.asOf}, ${result.rules.join(', ')}: ${result.statements} statements ${verb} over ${money(result.amounts)}`);
        for (const [reason, count] of Object.entries(result.heldReasons)) console.log(`  no mail, ${reason}: ${count}`);
        if (result.failed > 0) console.log(`  could not be drawn: ${result.failed}`);
      }
      return result.failed > 0 ? exitCodes.findings : exitCodes.ok;
    });
  },
};

export const statementsShow: Command = {
  help: `payorcrm statements show NUMBER [--pdf FILE] [--json] [--tenant ID]

A statement as it was on its date, by its number.

  --pdf     writes its PDF to the file; the same bytes at any time
  --json    the frozen content
  --tenant  the company's id or name; needed when there are several`,
  async run(args) {
    const { options, words } = readArgs(args, { pdf: { type: 'string' }, json: { type: 'boolean' }, tenant: { type: 'string' } }, ['NUMBER']);
    return withApp(loadConfig(process.env), async (app) => {
      const { pdfOf, readByNumber } = await import('../modules/statements/index.ts');
      const { inTenant, systemActor } = await import('../platform/context.ts');
      const { writeFile } = await import('node:fs/promises');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const found = await inTenant(app.platform, tenant.id, systemActor, async (ctx) => {
        const statement = await readByNumber(ctx, words[0]!.toUpperCase());
        return statement && { statement, pdf: await pdfOf(ctx, statement) };
      });
      if (!found) throw new Failure(`There is no statement ${words[0]}.`);
      const { statement, pdf } = found;
      const file = optional(options, 'pdf');
      if (file !== null) await writeFile(file, pdf.bytes);
      if (options['json']) {
        console.log(
          JSON.stringify({
            number: statement.number,
            kind: statement.kind,
            asOf: statement.asOf.toString(),
            currency: statement.currency,
            ...statement.content,
          }),
        );
        return exitCodes.ok;
      }
      const { money: of, toDecimal } = await import('../kernel/money.ts');
      const amount = (minor: bigint) => `${toDecimal(of(minor, statement.currency))} ${statement.currency}`;
      printPairs([
        ['Statement', `${statement.number}, ${statement.kind === 'open_item' ? 'open items' : 'balance forward'}`],
        ['As of', statement.asOf.toString()],
        ['Customer', `${statement.content.billTo.number} ${statement.content.billTo.name}`],
        ['Total', amount(statement.totalMinor)],
        ['Overdue', amount(statement.overdueMinor)],
        ['State', statement.state + (statement.hold === null ? '' : `, no mail: ${statement.hold}`)],
        ...(file === null ? [] : ([['Written to', file]] as [string, string][])),
      ]);
      for (const line of statement.content.lines) console.log(`  ${line.issuedOn}  ${line.number.padEnd(20)} ${amount(BigInt(line.open)).padStart(18)}`);
      return exitCodes.ok;
    });
  },
};
