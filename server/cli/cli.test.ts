import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../tests/support/database.ts';

const main = join(import.meta.dirname, '../main.ts');
const folder = mkdtempSync(join(tmpdir(), 'payorcrm-cli-'));
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  const compiled = join(import.meta.dirname, '../../node_modules/.cache/compile');
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    DATA_DIR: join(folder, 'data'),
    DATABASE_URL: db.url,
    LOG_LEVEL: 'fatal',
    NODE_COMPILE_CACHE: compiled,
    ...more,
  };
}

function payorcrm(args: string[], more: Record<string, string> = {}): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [main, ...args], { env: environment(more), stdio: ['ignore', 'pipe', 'pipe'] });
    const ended: Ended = { code: null, out: '', err: '' };
    child.stdout.on('data', (chunk) => (ended.out += chunk));
    child.stderr.on('data', (chunk) => (ended.err += chunk));
    child.on('close', (code) => done({ ...ended, code }));
  });
}

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

test('every command of the overview has --help, which is said with exit code 0', async () => {
  const { out, code } = await payorcrm(['--help']);
  expect(code).toBe(0);
  const names = [...out.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)].map((match) => match[1]!);
  expect(names).toEqual(
    expect.arrayContaining([
      'serve',
      'demo',
      'migrate',
      'doctor',
      'tenant create',
      'user recover',
      'upload',
      'reminders run',
      'reminders why',
      'export',
      'import',
    ]),
  );
  for (const name of names.filter((one) => !one.startsWith('npm'))) {
    const help = await payorcrm([...name.split(' '), '--help']);
    expect(help.code, name).toBe(0);
    expect(help.out, name).toMatch(new RegExp(`^payorcrm ${name}`));
  }
});

test('wrong use is one line and exit code 2', async () => {
  const wrong = [
    ['dance'],
    ['migrate', '--fast'],
    ['tenant', 'create', '--name', 'x'],
    ['tenant'],
    ['upload', 'invoices'],
    ['upload', 'bills', 'x.json'],
    ['reminders', 'run', '--on', '2026-02-30'],
  ];
  for (const args of wrong) {
    const { code, err } = await payorcrm(args);
    expect(code, args.join(' ')).toBe(2);
    if (args.join() !== 'tenant') expect(err.trim().split('\n'), args.join(' ')).toHaveLength(1);
  }
});

test('a wrong setting stops the start with one line and exit code 2', async () => {
  expect(await payorcrm(['serve'], { PORT: 'eighty' })).toMatchObject({ code: 2, err: 'PORT: expected a port number from 0 to 65535\n' });
});

test('a database that is not there is one line that names the setting', async () => {
  const { code, err } = await payorcrm(['migrate'], { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' });
  expect(code).toBe(1);
  expect(err).toMatch(/^DATABASE_URL: the database cannot be reached.*\n$/);
});

test('a port in use is one line that names the setting', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => taken.once('listening', done));
  const { port } = taken.address() as { port: number };
  const { code, err } = await payorcrm(['serve'], { PORT: String(port) });
  taken.close();
  expect(code).toBe(1);
  expect(err).toContain(`PORT: ${port} is in use`);
});

test('doctor hides secrets and finds what is wrong', async () => {
  const { code, out } = await payorcrm(['doctor', '--json'], {
    SECRET_KEY: 'a-secret-key-that-nobody-may-see-0123456789',
    SMTP_URL: 'smtp://me:hunter2@127.0.0.1:1',
  });
  expect(code).toBe(3);
  expect(out).not.toContain('hunter2');
  expect(out).not.toContain('nobody-may-see');
  const report = JSON.parse(out) as { checks: { name: string; ok: boolean }[] };
  const ok = Object.fromEntries(report.checks.map((check) => [check.name, check.ok]));
  expect(ok).toMatchObject({ settings: true, database: true, migrations: true, mail: false });
});

test('a company made on the command line takes uploads, dry runs and questions there', async () => {
  const created = await payorcrm([
    'tenant',
    'create',
    '--name',
    'Northwind',
    '--email',
    'ada@northwind.test',
    '--currency',
    'usd',
    '--timezone',
    'America/New_York',
    '--json',
  ]);
  expect(created.err).toBe('');
  const tenant = JSON.parse(created.out) as Record<string, string>;
  expect(Object.keys(tenant)).toEqual(['tenant_id', 'api_key', 'api_secret', 'setup_url']);
  expect(tenant['setup_url']).toMatch(/^http:\/\/localhost:3000\//);

  expect((await payorcrm(['user', 'recover', '--email', 'nobody@northwind.test'])).code).toBe(2);
  const recovered = JSON.parse((await payorcrm(['user', 'recover', '--email', 'Ada@northwind.test', '--json'])).out) as Record<string, unknown>;
  expect(recovered).toEqual({ reset_url: expect.stringMatching(/^http:\/\/localhost:3000\/reset-password\/[\w-]{43}$/), two_step_was_on: false });

  const customers = write(
    'customers.csv',
    'customerno,companyname,emailaddress1\n0001,"Mill, Old",mill@example.com\n0002,Fen,fen@example.com\n0003,Bad,not an address\n',
  );
  expect(await payorcrm(['upload', 'customers', customers])).toMatchObject({
    code: 3,
    out: expect.stringContaining('3 customers: 2 created, 0 updated, 0 unchanged, 1 refused'),
  });
  const due = Temporal.Now.plainDateISO('America/New_York').add({ days: 5 }).toString();
  const row = (number: string, customer: string) =>
    JSON.stringify({ customerNumber: customer, invoiceNumber: number, invoiceAmount: 120.5, invoiceDate: '2026-01-05', dueDate: due });
  const invoices = write('invoices.ndjson', `${row('I-1', '0001')}\n${row('I-2', '0002')}\n`);
  const first = await payorcrm(['upload', 'invoices', invoices, '--json']);
  expect(JSON.parse(first.out)).toMatchObject({ received: 2, created: 2, failed: 0 });
  const again = await payorcrm(['upload', 'invoices', invoices]);
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('2 unchanged') });
  const cut = await payorcrm(['upload', 'invoices', write('cut.json', '[{"customerNumber":')]);
  expect(cut.code).toBe(1);
  expect(cut.err).toMatch(/Line 1, column/);

  const run = await payorcrm(['reminders', 'run', '--dry-run', '--json']);
  expect(JSON.parse(run.out)).toMatchObject({ dryRun: true, mails: 0 });
  const why = await payorcrm(['reminders', 'why', '--customer', '0001']);
  expect(why.out).toContain('I-1');
  expect(await payorcrm(['reminders', 'why', '--customer', 'unknown'])).toMatchObject({ code: 1 });
});

test('a company goes out and comes back by file', async () => {
  const file = join(folder, 'company.gz');
  expect(await payorcrm(['export', file])).toMatchObject({ code: 0, out: expect.stringMatching(/Northwind: \d+ rows written/) });
  expect(await payorcrm(['import', file])).toMatchObject({ code: 1, err: expect.stringContaining('exists here already') });
  const other = await testDatabase();
  try {
    expect(await payorcrm(['import', file], { DATABASE_URL: other.url })).toMatchObject({ code: 0, out: expect.stringContaining('Northwind') });
  } finally {
    await other.close();
  }
});

test('serve prints where it is, the set-up link of an empty installation, and ends cleanly when told to', async () => {
  const empty = await testDatabase();
  try {
    const child = spawn(process.execPath, [main, 'serve'], {
      env: environment({ DATABASE_URL: empty.url, PORT: '0', PUBLIC_URL: 'https://billing.example.com' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    await new Promise<void>((done) => {
      child.stdout.on('data', (chunk) => {
        out += chunk;
        if (out.includes('/setup/')) done();
      });
    });
    expect(out).toContain('PayorCRM is at https://billing.example.com');
    expect(out).toMatch(/https:\/\/billing\.example\.com\/setup\/[\w-]{43}/);
    child.kill('SIGTERM');
    child.kill('SIGTERM');
    expect(await new Promise((done) => child.once('exit', (code) => done(code)))).toBe(0);
  } finally {
    await empty.close();
  }
});
