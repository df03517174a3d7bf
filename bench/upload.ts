import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type BenchOptions, type BenchResult, bound, rate } from './bench.ts';
import { type BenchServer, startBenchServer } from './server.ts';

const REQUEST_ROWS = 50_000;
const INVOICES_PER_CUSTOMER = 10;

/**
 * Uploads invoices over HTTP in requests of 50,000, and beside each request merges the same rows with PostgreSQL alone:
 * staged by COPY, then one statement into a table of 32 columns with a primary key and two indexes. The two take turns,
 * request by request, so that a busy moment of the machine falls on both.
 */
export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-upload-'));
  const parts = writeParts(folder, rows);
  const server = await startBenchServer();
  try {
    await prepare(server, rows);
    const fresh = await takeTurns(server, parts, log, mergeNew);
    // as autovacuum would within minutes: left to it, its own WAL would be counted as ours
    await server.admin.query('vacuum (analyze)');
    await server.admin.query('checkpoint');
    const again = await takeTurns(server, parts, log, mergeUnchanged);
    const few = Math.min(rows, 100_000).toLocaleString('en-US');
    return [
      rate('upload of new invoices', rows / fresh.ours, rows / fresh.limit, 'rows/s', 0.6),
      rate('upload of unchanged invoices', rows / again.ours, rows / again.limit, 'rows/s', 0.5),
      { name: 'rows rewritten by unchanged invoices', ours: again.rewritten, limit: 0, unit: 'rows', ratio: again.rewritten === 0 ? 1 : 0, goal: 1 },
      bound('WAL of unchanged invoices', again.walMb, 1, 'MB'),
      bound('peak memory of the server during uploads', again.peakMb, 256, 'MB'),
      bound(`peak memory against that of ${few} rows`, fresh.peakMb, 1.1 * fresh.earlyMb, 'MB'),
    ];
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Part {
  json: string;
  tsv: string;
  rows: number;
}

/** A row as the API takes it (467 bytes on average) and as COPY takes it. Deterministic. */
function rowOf(i: number, customers: number): { json: string; tsv: string } {
  const customer = String(100_000 + ((i * 7919) % customers)).padStart(10, '0');
  const amount = (1000 + ((i * 104_729) % 900_000)) / 100;
  const balance = i % 33 === 0 ? 0 : amount;
  const day = (offset: number) => Temporal.PlainDate.from('2025-11-01').add({ days: offset }).toString();
  const issued = dayOf((i * 31) % 135, day);
  const due = dayOf(30 + ((i * 31) % 135), day);
  const values = {
    companyCode: '1000',
    customerNumber: customer,
    accountingDocNumber: String(1_400_000_000 + i),
    invoiceNumber: String(90_000_000 + i),
    postDate: issued,
    dueDate: due,
    paymentTerms: 'Net 30',
    documentType: 'RV',
    postingKey: '01',
    debitCreditIndicator: 'S',
    balanceAmount: balance.toFixed(2),
    currency: 'USD',
    invoiceAmount: amount,
    fiscalYear: issued.slice(0, 4),
    invoiceDate: issued,
    reference1: `PO-${i % 50_000}`,
    itemText: `Delivery ${i}`,
    fiscalPeriod: issued.slice(5, 7),
    lineItem: '001',
    status: 'open',
  };
  const tsv = [
    values.companyCode,
    null,
    null,
    customer,
    values.accountingDocNumber,
    values.invoiceNumber,
    issued,
    due,
    values.paymentTerms,
    values.documentType,
    values.postingKey,
    'S',
    values.balanceAmount,
    null,
    null,
    'USD',
    amount,
    null,
    null,
    values.fiscalYear,
    issued,
    values.reference1,
    null,
    null,
    values.itemText,
    values.fiscalPeriod,
    null,
    null,
    values.lineItem,
    null,
    values.status,
  ];
  return { json: JSON.stringify(values), tsv: tsv.map((value) => value ?? '\\N').join('\t') };
}

const days: string[] = [];
const dayOf = (offset: number, make: (offset: number) => string): string => (days[offset] ??= make(offset));

const customersOf = (rows: number): number => Math.max(1, Math.floor(rows / INVOICES_PER_CUSTOMER));

function writeParts(folder: string, rows: number): Part[] {
  const parts: Part[] = [];
  for (let first = 0; first < rows; first += REQUEST_ROWS) {
    const part = { json: join(folder, `${first}.json`), tsv: join(folder, `${first}.tsv`), rows: Math.min(REQUEST_ROWS, rows - first) };
    const json = openSync(part.json, 'w');
    const tsv = openSync(part.tsv, 'w');
    for (let i = first; i < first + part.rows; i += 1000) {
      const slice = Array.from({ length: Math.min(1000, first + part.rows - i) }, (_, n) => rowOf(i + n, customersOf(rows)));
      writeSync(json, `${i === first ? '[' : ','}${slice.map((row) => row.json).join(',')}`);
      writeSync(tsv, `${slice.map((row) => row.tsv).join('\n')}\n`);
    }
    writeSync(json, ']');
    closeSync(json);
    closeSync(tsv);
    parts.push(part);
  }
  return parts;
}

/** The attributes of the guide in its order, as the staging table of the limit has them. */
const columns = `company_code, profit_center, customer_name, customer_number, accounting_number, number, posted_on, due_on, payment_terms, document_type, posting_key,
  debit_credit, balance, bill_address, ship_address, currency, amount, reason_code, reason_text, fiscal_year, invoiced_on, reference1, reference2, local_amount, item_text,
  fiscal_period, issued_on, sold_to, line_item, reference_document, status`;
const typed = columns
  .replace(/(\w+_on)\b/g, '$1::date')
  .replace(/\b(balance|amount|local_amount)\b/g, '$1::numeric')
  .replace(/(bill_address|ship_address)/g, '$1::jsonb');

async function prepare({ admin, tenantId }: BenchServer, rows: number): Promise<void> {
  await admin.query(
    `insert into customer (tenant_id, id, number, name)
     select $1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, lpad((100000 + n)::text, 10, '0'), 'Customer ' || n from generate_series(0, $2 - 1) n`,
    [tenantId, customersOf(rows)],
  );
  await admin.query('vacuum (analyze) customer');
  await admin.query(`create table peer (tenant_id uuid not null, company_code text not null, profit_center text, customer_name text, customer_number text not null,
    accounting_number text, number text not null, posted_on date, due_on date, payment_terms text, document_type text, posting_key text, debit_credit text,
    balance numeric(15,2), bill_address jsonb, ship_address jsonb, currency text, amount numeric(15,2), reason_code text, reason_text text, fiscal_year text, invoiced_on date,
    reference1 text, reference2 text, local_amount numeric(15,2), item_text text, fiscal_period text, issued_on date, sold_to text, line_item text not null,
    reference_document text, status text, primary key (tenant_id, number, customer_number, company_code, line_item))`);
  await admin.query('create index on peer (tenant_id, due_on) where balance > 0');
  await admin.query('create index on peer (tenant_id, customer_number, due_on) include (balance) where balance > 0');
  await admin.query(
    `create temporary table staged (${columns
      .split(',')
      .map((name) => `${name.trim()} text`)
      .join(', ')})`,
  );
  await admin.query("set work_mem = '256MB'");
}

async function stage(admin: pg.Client, part: Part): Promise<void> {
  await admin.query('begin');
  await admin.query('truncate staged');
  await pipeline(createReadStream(part.tsv, { highWaterMark: 256 * 1024 }), admin.query(copyFrom('copy staged from stdin')));
}

/** Deduplicates and merges: every row is looked for, and written when it is new or different. */
async function mergeNew({ admin, tenantId }: BenchServer, part: Part): Promise<void> {
  await stage(admin, part);
  await admin.query(`
    insert into peer (tenant_id, ${columns})
    select distinct on (number, customer_number, company_code, line_item) '${tenantId}'::uuid, ${typed} from staged order by number, customer_number, company_code, line_item
    on conflict (tenant_id, number, customer_number, company_code, line_item) do update set balance = excluded.balance where peer.balance is distinct from excluded.balance`);
  await admin.query('commit');
}

/** Drops unchanged rows by a join over all columns first, so that nothing is locked or written for them. */
async function mergeUnchanged({ admin, tenantId }: BenchServer, part: Part): Promise<void> {
  await stage(admin, part);
  await admin.query(`
    insert into peer (tenant_id, ${columns})
    select s.* from (select distinct on (number, customer_number, company_code, line_item) '${tenantId}'::uuid as tenant_id, ${typed.replace(/(\w+)::(\w+)/g, '$1::$2 as $1')}
                     from staged order by number, customer_number, company_code, line_item) s
    left join peer p on p.tenant_id = s.tenant_id and p.number = s.number and p.customer_number = s.customer_number and p.company_code = s.company_code and p.line_item = s.line_item
    where p.number is null or (${columns
      .split(',')
      .map((name) => `s.${name.trim()}`)
      .join(', ')}) is distinct from (${columns
      .split(',')
      .map((name) => `p.${name.trim()}`)
      .join(', ')})
    on conflict (tenant_id, number, customer_number, company_code, line_item) do update set balance = excluded.balance`);
  await admin.query('commit');
}

interface Turns {
  /** Seconds. */
  ours: number;
  limit: number;
  peakMb: number;
  /** After the first 100,000 rows. */
  earlyMb: number;
  rewritten: number;
  walMb: number;
}

async function takeTurns(
  server: BenchServer,
  parts: readonly Part[],
  log: BenchOptions['log'],
  merge: (server: BenchServer, part: Part) => Promise<void>,
): Promise<Turns> {
  const agent = new Agent({ keepAlive: true });
  const turns: Turns = { ours: 0, limit: 0, peakMb: 0, earlyMb: 0, rewritten: 0, walMb: 0 };
  const before = await updatedRows(server.admin);
  let done = 0;
  for (const part of parts) {
    turns.limit += await seconds(() => merge(server, part));
    const wal = await walPosition(server.admin);
    turns.ours += await seconds(() => post(server, part, agent));
    turns.walMb += ((await walPosition(server.admin)) - wal) / 1e6;
    done += part.rows;
    turns.peakMb = server.peakMemoryMb();
    if (done <= 100_000) turns.earlyMb = turns.peakMb;
  }
  turns.rewritten = (await updatedRows(server.admin)) - before;
  agent.destroy();
  log(
    `${merge.name}: ours ${turns.ours.toFixed(1)} s, limit ${turns.limit.toFixed(1)} s, peak ${turns.peakMb.toFixed(0)} MB, WAL of ours ${turns.walMb.toFixed(1)} MB, rewritten ${turns.rewritten}`,
  );
  return turns;
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

const walPosition = async (admin: pg.Client): Promise<number> =>
  Number((await admin.query("select pg_current_wal_insert_lsn() - '0/0' as bytes")).rows[0].bytes);

async function updatedRows(admin: pg.Client): Promise<number> {
  await admin.query('select pg_stat_clear_snapshot()');
  return Number((await admin.query("select n_tup_upd from pg_stat_user_tables where relname = 'document'")).rows[0].n_tup_upd);
}

async function post(server: BenchServer, part: Part, agent: Agent): Promise<void> {
  const call = request(`${server.url}/jsonApi/upload/invoices`, { method: 'POST', agent, headers: { 'content-type': 'application/json', ...server.headers } });
  const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
    call.once('error', reject);
    call.once('response', async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode!, text });
    });
  });
  await pipeline(createReadStream(part.json, { highWaterMark: 256 * 1024 }), call);
  const { status, text } = await answered;
  const answer = JSON.parse(text) as { received: number; created: number; unchanged: number };
  if (status !== 200 || answer.created + answer.unchanged !== part.rows) throw new Error(`the upload answered ${status}: ${text.slice(0, 500)}`);
}
