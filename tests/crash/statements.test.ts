import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Company } from '../support/server.ts';
import { type Process, until } from '../support/processes.ts';
import { startWorld, type World } from './world.ts';

/** More than one chunk of a run, so that a worker dies with some customers done and others not. */
const CUSTOMERS = 205;

/** Every `fault('statements…')` of the product. */
function namesInSource(): string[] {
  const root = fileURLToPath(new URL('../../server', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const found = files.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(/\.fault\('(statements\.[a-z_.]+)'\)/g)].map(([, fault]) => fault!),
  );
  return [...new Set(found)].sort();
}

const points = [
  'statements.after_drawing',
  'statements.after_keeping',
  'statements.finish.before_commit',
  'statements.mails.after_commit',
  'statements.mails.before_commit',
  'statements.plan.after_commit',
  'statements.plan.before_commit',
  'statements.start.after_commit',
  'statements.start.before_commit',
];

let world: World;
beforeAll(async () => {
  world = await startWorld('http://127.0.0.1:1');
});
afterAll(() => world.close());

let count = 0;

/** A company whose customers each owe one invoice, with one rule that is due every day. */
async function tell(): Promise<{ company: Company; domain: string }> {
  count += 1;
  const domain = `statements${count}.example`;
  const company = await world.company();
  const reminders = (await company.call('GET', '/v1/reminder-rules')).body.items;
  for (const rule of reminders) await company.call('POST', `/v1/reminder-rules/${rule.id}/deactivate`);
  const numbers = Array.from({ length: CUSTOMERS }, (_, n) => `S${n}`);
  await company.call(
    'POST',
    '/jsonApi/upload/customers',
    numbers.map((number) => ({
      customerno: number,
      companyname: `Company ${number}`,
      firstname: 'Ada',
      emailaddress1: `ap-${number.toLowerCase()}@${domain}`,
    })),
  );
  const due = Temporal.Now.plainDateISO('UTC').subtract({ days: 3 }).toString();
  await company.call(
    'POST',
    '/jsonApi/upload/invoices',
    numbers.map((number) => ({ customerNumber: number, invoiceNumber: `INV-${number}`, invoiceAmount: '125.00', dueDate: due })),
  );
  const [rule] = (await company.call('GET', '/v1/statement-rules')).body.items;
  await company.call('PATCH', `/v1/statement-rules/${rule.id}`, { schedule: { period: 'daily', days: [], holidays: 'ignore' } });
  await company.call('POST', `/v1/statement-rules/${rule.id}/activate`);
  return { company, domain };
}

/** The company's hour has come; the next look of a worker begins the run. */
const letRunBegin = async (company: Company) => {
  await world.db.admin.query(`update tenant set setting = setting || '{"statements": {"hour": 0}}' where id = $1`, [company.tenantId]);
  await world.db.admin.query('update statement_rule set looked_on = looked_on - 3 where tenant_id = $1', [company.tenantId]);
};

const mailsTo = (domain: string) => world.mail.list().filter((mail) => mail.envelopeTo[0]!.endsWith(`@${domain}`));

/** Each customer has one mail with one PDF, and the books say so. */
async function everyoneOnce(company: Company, domain: string): Promise<void> {
  const reached = mailsTo(domain).map((mail) => mail.envelopeTo[0]);
  expect(reached.sort()).toEqual(Array.from({ length: CUSTOMERS }, (_, n) => `ap-s${n}@${domain}`).sort());
  const { rows } = await world.db.admin.query(
    `select count(*)::int as statements, count(distinct number)::int as numbers, count(*) filter (where state = 'drawn' and email_id is not null)::int as mailed,
      count(distinct run_id)::int as runs from statement where tenant_id = $1`,
    [company.tenantId],
  );
  expect(rows).toEqual([{ statements: CUSTOMERS, numbers: CUSTOMERS, mailed: CUSTOMERS, runs: 1 }]);
  const first = (await world.mail.read(mailsTo(domain)[0]!.id))!;
  expect(first.parsed.attachments.map((one) => one.filename)).toEqual([expect.stringMatching(/^Statement ST-\d+\.pdf$/)]);
}

test('every fault point of a statement run has its story here', () => {
  expect(points).toEqual(namesInSource());
});

describe('the worker dies at', () => {
  test.for(points)('%s: every statement goes out once', { timeout: 180_000 }, async (name) => {
    const { company, domain } = await tell();
    await letRunBegin(company);
    const armed = await world.start('worker', { fault: name });
    let worker: Process | null = null;
    try {
      // it must have died there: a point that is never reached proves nothing
      await until(async () => armed.child.signalCode !== null || armed.child.exitCode !== null, `the worker died at ${name}`, 60_000);
      expect(await armed.gone).toBe('SIGKILL');
      await world.nudge(0, { beats: false });
      worker = await world.start('worker');
      await until(
        async () => mailsTo(domain).length >= CUSTOMERS || (await world.nudge(4), false),
        () => `every customer has the statement; ${mailsTo(domain).length} have`,
        90_000,
      );
      await world.settle();
      await everyoneOnce(company, domain);
    } finally {
      await armed.kill();
      await worker?.kill();
    }
  });
});
