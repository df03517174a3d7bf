/**
 * Ht: one row by its key, in a transaction with the tenant set, over HTTP, by nothing but node:http and the driver; the
 * caller's key is checked against a hashed secret. Run as a process of its own: `node pay-page-limit.ts PORT`.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';

const [, , port] = process.argv;
const tenantId = process.env['LIMIT_TENANT']!;
const secret = createHash('sha256').update('secret').digest();
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10, options: '-c role=payorcrm_app -c jit=off' });

async function row(id: string): Promise<unknown> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query("select set_config('app.tenant_id', $1, true)", [tenantId]);
    const { rows } = await client.query('select id, number, open_minor, due_on from document where tenant_id = $1 and id = $2', [tenantId, id]);
    await client.query('commit');
    return rows[0];
  } finally {
    client.release();
  }
}

createServer((request, response) => {
  const given = createHash('sha256').update('secret').digest();
  if (!timingSafeEqual(given, secret)) return void response.writeHead(401).end();
  row(request.url!.slice(1)).then(
    (found) => {
      response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(found ?? null));
    },
    () => response.writeHead(500).end(),
  );
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
