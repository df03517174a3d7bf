import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { newId } from '../server/kernel/ids.ts';
import { type BenchOptions, type BenchResult, median, rate } from './bench.ts';
import { load } from './load.ts';
import { seedReceivables } from './seed.ts';
import { startBenchServer, stop } from './server.ts';

const LINKS = 500;
const ROUNDS = 3;
const SECONDS = 4;
/** The page does not depend on how many invoices there are: a tenth of the big run keeps the seeding short. */
const SHARE = 10;

/** GET of the pay page against one row in a tenant transaction over HTTP, in turns, with the same load. */
export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const server = await startBenchServer();
  let limit: Awaited<ReturnType<typeof startLimit>> | null = null;
  try {
    const invoices = Math.max(1000, Math.floor(rows / SHARE));
    await seedReceivables(server.admin, server.tenantId, { invoices, customers: Math.floor(invoices / 10) });
    const paths = await seedLinks(server.admin, server.tenantId);
    const { rows: documents } = await server.admin.query(`select id from document where tenant_id = $1 order by id limit ${LINKS}`, [server.tenantId]);
    limit = await startLimit(server.databaseUrl, server.tenantId);
    const keys = documents.map((document) => `/${document.id as string}`);
    const page = await fetch(server.url + paths[0]!);
    log(`a page has ${(await page.text()).length} characters`);
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const a = await load(server.url, paths, SECONDS);
      const b = await load(limit.url, keys, SECONDS);
      log(`pay page ${Math.round(a)} requests/s, one row ${Math.round(b)} requests/s`);
      // the first round warms both
      if (round > 0) {
        ours.push(a);
        bare.push(b);
      }
    }
    return [rate('pay page GET', median(ours), median(bare), 'req/s', 0.25)];
  } finally {
    if (limit) await stop(limit.child);
    await server.close();
  }
}

/** Links over all open invoices of a customer, a gateway and a saved card each. Answers the pages' paths. */
async function seedLinks(admin: pg.Client, tenantId: string): Promise<string[]> {
  const account = newId();
  await admin.query(`begin; set local role payorcrm_app; set local app.tenant_id = '${tenantId}'`);
  await admin.query(
    "insert into gateway_account (tenant_id, id, gateway, label, settings_ciphertext, rails, entry_origin) values ($1, $2, 'demo', 'Demo', '\\x00', '{card,bank}', 'http://127.0.0.1:9')",
    [tenantId, account],
  );
  const { rows: customers } = await admin.query(
    `select customer_id as id from document where tenant_id = $1 and state = 'open' and kind = 'invoice' group by customer_id order by customer_id limit ${LINKS}`,
    [tenantId],
  );
  const paths: string[] = [];
  for (const customer of customers) {
    const token = randomBytes(32).toString('base64url');
    const link = newId();
    await admin.query(
      `insert into pay_link (tenant_id, id, purpose, customer_id, token_hash, email_address, currency, amount_minor, expires_at)
       select $1, $2, 'pay', $3, $4, 'ada@example.com', min(currency), sum(open_minor), now() + interval '30 days'
       from document where tenant_id = $1 and customer_id = $3 and state = 'open' and kind = 'invoice'`,
      [tenantId, link, customer.id, createHash('sha256').update(token).digest()],
    );
    await admin.query(
      "insert into pay_link_document (tenant_id, pay_link_id, document_id, amount_minor) select $1, $2, id, open_minor from document where tenant_id = $1 and customer_id = $3 and state = 'open' and kind = 'invoice'",
      [tenantId, link, customer.id],
    );
    await admin.query(
      "insert into payment_method (tenant_id, id, customer_id, gateway_account_id, rail, ref, brand, last4, exp_month, exp_year) values ($1, $2, $3, $4, 'card', $5, 'Visa', '4242', 12, 2034)",
      [tenantId, newId(), customer.id, account, token.slice(0, 10)],
    );
    paths.push(`/pay/${token}`);
  }
  await admin.query('commit');
  await admin.query('analyze');
  return paths;
}

async function startLimit(databaseUrl: string, tenantId: string) {
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as { port: number };
      probe.close(() => resolve(free));
    });
  });
  const child = spawn(process.execPath, [fileURLToPath(new URL('./pay-page-limit.ts', import.meta.url)), String(port)], {
    env: { ...process.env, DATABASE_URL: databaseUrl, LIMIT_TENANT: tenantId },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return { child, url: `http://127.0.0.1:${port}` };
}
