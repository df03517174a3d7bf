import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import nodemailer from 'nodemailer';
import { type Content, type Frame, modelOf } from '../server/modules/statements/content.ts';
import { statementUrl } from '../server/modules/statements/links.ts';
import type { Platform } from '../server/platform/context.ts';
import { closeDrawing, drawStatements } from '../server/platform/pdf/statement-pool.ts';
import type { StatementPdfModel } from '../server/platform/pdf/statement-pdf.ts';
import { createSecrets } from '../server/platform/secrets/secrets.ts';
import { type BenchOptions, type BenchResult, bound, rate } from './bench.ts';
import { type BenchServer, startBenchServer } from './server.ts';
import { startSink } from './sink.ts';

/** Ten times a thousand: more says nothing new. */
const MAX_STATEMENTS = 10_000;
const INVOICES = 12;
const LIMIT_CONNECTIONS = 5;
const LIMIT_SENDERS = 20;
/** Statements drawn together in the limit, as in a run. */
const CHUNK = 200;
/** How often the run is asked whether all its mails are gone. */
const LOOK_MS = 100;

async function call<T>(server: BenchServer, method: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...server.headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

interface Rules {
  all: string;
  tenth: string;
}

/** A company that signs its mails, its customers with an address each, and twelve open invoices of each: a statement of one page. */
async function prepare(server: BenchServer, count: number, rsaPrivateKey: string): Promise<Rules> {
  const { admin, tenantId } = server;
  await admin.query("update api_key set role = 'administrator' where tenant_id = $1", [tenantId]);
  await call(server, 'PATCH', '/v1/settings', {
    mail: { fromAddress: 'ar@bench.example' },
    branding: { address: '100 Harbor Way\nPortland OR 97201', phone: '+1 503 555 0100', supportEmail: 'ar@bench.example' },
    statements: { remitTo: 'Bench Supply Company\nLockbox 4410\nPortland OR 97201' },
  });
  await call(server, 'PUT', '/v1/settings/secrets/dkim', { domain: 'bench.example', selector: 's1', rsaPrivateKey });
  await admin.query(
    `insert into customer (tenant_id, id, number, company_name, first_name, name)
     select $1, gen_random_uuid(), case when n % 10 = 0 then 'T' else 'C' end || n, 'Company ' || n, 'Ana', 'Company ' || n from generate_series(1, $2::int) n`,
    [tenantId, count],
  );
  await admin.query(
    `insert into contact (tenant_id, id, customer_id, name, email, is_primary)
     select tenant_id, gen_random_uuid(), id, 'Ana', 'ap-' || lower(number) || '@cust.test', true from customer where tenant_id = $1`,
    [tenantId],
  );
  await admin.query(
    `insert into document (tenant_id, id, kind, state, customer_id, number, currency, amount_minor, open_minor, due_on, issued_on, bill_address)
     select c.tenant_id, gen_random_uuid(), 'invoice', 'open', c.id, 'INV-' || substr(c.number, 2) || '-' || k, 'USD', 10000 + k * 731, 10000 + k * 731,
       current_date - k * 11 + 20, current_date - k * 11 - 10, '{"line1": "500 Market Street", "city": "Seattle", "state": "WA", "zip": "98101"}'
     from customer c cross join generate_series(1, ${INVOICES}) k where c.tenant_id = $1`,
    [tenantId],
  );
  await admin.query('vacuum (analyze) customer, contact, document');
  const { items } = await call<{ items: { id: string; templateId: string }[] }>(server, 'GET', '/v1/statement-rules', undefined);
  const rule = async (name: string, customerCondition: unknown) =>
    (
      await call<{ id: string }>(server, 'POST', '/v1/statement-rules', {
        name,
        templateId: items[0]!.templateId,
        customerCondition,
        invoiceCondition: { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'between', value: [0, 300] }] },
        schedule: { period: 'daily', days: [], holidays: 'ignore' },
      })
    ).id;
  return {
    all: await rule('Everyone', { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] }),
    tenth: await rule('A tenth', { combinator: 'and', conditions: [{ field: 'customer_number', operator: 'begins_with', value: 'T' }] }),
  };
}

/** From the order to the last recorded outcome: planned, drawn, kept, mailed. Answers statements a second. */
async function measureOurs(server: BenchServer, ruleId: string, count: number): Promise<{ perSecond: number; runId: string }> {
  const began = performance.now();
  const { id: runId, statements } = await call<{ id: string; statements: number }>(server, 'POST', '/v1/statement-runs', { ruleIds: [ruleId] });
  if (statements !== count) throw new Error(`${statements} statements were planned instead of ${count}`);
  for (;;) {
    const { rows } = await server.admin.query(
      `select state = 'running' or exists (select 1 from outbound_email where tenant_id = $1 and run_id = $2 and state in ('ready', 'sending')) as busy
       from statement_run where tenant_id = $1 and id = $2`,
      [server.tenantId, runId],
    );
    if (!rows[0].busy) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const perSecond = count / ((performance.now() - began) / 1000);
  const { rows } = await server.admin.query("select count(*)::int as count from outbound_email where run_id = $1 and state = 'sent'", [runId]);
  if (rows[0].count !== count) throw new Error(`${rows[0].count} of ${count} statements were sent`);
  return { perSecond, runId };
}

/** Highest resident memory of the program, its drawing threads included, during `work`. */
async function peakOf<T>(server: BenchServer, work: () => Promise<T>): Promise<{ value: T; mb: number }> {
  writeFileSync(`/proc/${server.pid}/clear_refs`, '5');
  const value = await work();
  return { value, mb: server.peakMemoryMb() };
}

/** pdfkit in as many threads and nodemailer's pool, side by side, on the same pages and the same words: no database, no files. */
async function measureLimit(url: string, models: readonly StatementPdfModel[], html: string, text: string, rsaPrivateKey: string): Promise<number> {
  const transport = nodemailer.createTransport({
    ...{
      host: '127.0.0.1',
      port: Number(new URL(url).port),
      pool: true,
      maxConnections: LIMIT_CONNECTIONS,
      maxMessages: Number.POSITIVE_INFINITY,
      ignoreTLS: true,
    },
    dkim: { domainName: 'bench.example', keySelector: 's1', privateKey: rsaPrivateKey },
  } as Parameters<typeof nodemailer.createTransport>[0]);
  const began = performance.now();
  let sending: Promise<unknown> = Promise.resolve();
  for (let at = 0; at < models.length; at += CHUNK) {
    const chunk = models.slice(at, at + CHUNK);
    const drawn = await drawStatements(chunk, null);
    await sending;
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < drawn.length) {
        const index = next++;
        const result = drawn[index]!;
        if (!('bytes' in result)) throw new Error(result.failure);
        await transport.sendMail({
          from: 'ar@bench.example',
          to: 'ap@cust.test',
          subject: `Statement ${chunk[index]!.number}`,
          html,
          text,
          attachments: [{ filename: `Statement ${chunk[index]!.number}.pdf`, content: Buffer.from(result.bytes), contentType: 'application/pdf' }],
        });
      }
    };
    sending = Promise.all(Array.from({ length: LIMIT_SENDERS }, one));
  }
  await sending;
  const perSecond = models.length / ((performance.now() - began) / 1000);
  transport.close();
  return perSecond;
}

/** What the run drew, as it is handed to the threads, and the words of one of its mails. */
async function readSent({ admin, url }: BenchServer, runId: string): Promise<{ models: StatementPdfModel[]; html: string; text: string }> {
  const { rows } = await admin.query(
    `select s.id, s.tenant_id, s.number, s.kind, s.currency, s.as_of::text, s.total_minor, s.overdue_minor, s.content, n.frame
     from statement s join statement_run n on n.tenant_id = s.tenant_id and n.id = s.run_id where s.run_id = $1 order by s.id`,
    [runId],
  );
  // links as long as the run's; only the signature is of another key
  const platform = { secrets: createSecrets('a key of the benchmark, 32 letters or more') } as Platform;
  const models = rows.map((row) =>
    modelOf(
      {
        number: row.number as string,
        kind: row.kind,
        currency: row.currency as string,
        asOf: Temporal.PlainDate.from(row.as_of),
        fromOn: null,
        totalMinor: BigInt(row.total_minor),
        overdueMinor: BigInt(row.overdue_minor),
        content: row.content as Content,
      },
      row.frame as Frame,
      statementUrl(platform, url, { tenantId: row.tenant_id, statementId: row.id }),
    ),
  );
  const words = await admin.query(
    `select c.html, c.body_text as text from outbound_email_content c join outbound_email e on e.tenant_id = c.tenant_id and e.id = c.email_id
     where e.run_id = $1 limit 1`,
    [runId],
  );
  return { models, ...words.rows[0] };
}

export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const count = Math.max(1000, Math.min(rows, MAX_STATEMENTS));
  const few = Math.floor(count / 10);
  const sink = await startSink();
  // one process for web and worker, as the product comes
  const server = await startBenchServer({ roles: 'web,worker', env: { SMTP_URL: sink.url } });
  try {
    const rsaPrivateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const rules = await prepare(server, count, rsaPrivateKey);
    await measureOurs(server, rules.tenth, few);
    // a second time: now everything is loaded that a worker loads once
    const fewer = await peakOf(server, () => measureOurs(server, rules.tenth, few));
    const first = await peakOf(server, () => measureOurs(server, rules.all, count));
    const taken = await sink.taken();
    if (!/^DKIM-Signature:/m.test(taken.sample)) throw new Error('the mails are not signed');
    const { models, html, text } = await readSent(server, first.value.runId);
    const limit = await measureLimit(sink.url, models, html, text, rsaPrivateKey);
    const again = await measureOurs(server, rules.all, count);
    const limitAgain = await measureLimit(sink.url, models, html, text, rsaPrivateKey);
    log(
      `${count} statements in mails of ${Math.round(taken.bytes / taken.mails)} bytes: ours ${Math.round(first.value.perSecond)} and ${Math.round(again.perSecond)}/s, pdfkit and nodemailer ${Math.round(limit)} and ${Math.round(limitAgain)}/s; memory ${Math.round(fewer.mb)} MB at ${few}, ${Math.round(first.mb)} MB at ${count}`,
    );
    return [
      rate('statements planned, drawn, kept, mailed, recorded', (first.value.perSecond + again.perSecond) / 2, (limit + limitAgain) / 2, 'per s', 0.6),
      bound('memory of a statement run, against a tenth of it', first.mb, fewer.mb * 1.25, 'MB'),
    ];
  } finally {
    await closeDrawing();
    await server.close();
    sink.child.kill();
  }
}
