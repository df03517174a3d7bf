import { type BenchOptions, type BenchResult, bound, percentile } from './bench.ts';
import { client } from './http.ts';
import { seedReceivables } from './seed.ts';
import { startBenchServer } from './server.ts';

/** Requests of the default list, and of each other combination. */
const DEFAULT_REQUESTS = 600;
/** Not counted: a server that has just started compiles what is asked of it. */
const WARM_UP = 100;
const EACH = 12;
const WORST = 12;
const EACH_OF_WORST = 100;

const customer = (n: number) => `019a0000-c000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const category = (n: number) => `019a0000-ca00-7000-8000-${n.toString(16).padStart(12, '0')}`;

/** Every filter that the app offers, from common to hardly anything, alone and together. */
const invoiceFilters = [
  'state=open',
  'state=overdue',
  'state=closed',
  'state=void',
  'state=all',
  `state=open&customerId=${customer(17)}`,
  `state=all&customerId=${customer(17)}`,
  `state=open&categoryId=${category(1)}`,
  `state=open&categoryId=${category(2)}`,
  `state=overdue&categoryId=${category(1)}`,
  'state=open&currency=USD',
  'state=open&currency=EUR',
  'state=open&currency=JPY',
  'state=open&companyCode=1000',
  'state=open&companyCode=9000',
  'state=open&companyCode=none',
  'state=open&documentType=RV',
  'state=open&documentType=DA',
  'state=open&documentType=XX',
  'state=open&minAmount=4900',
  'state=open&minAmount=1000&maxAmount=1000.05',
  'state=open&maxAmount=10',
  'state=overdue&minAmount=5000',
  'state=open&number=INV-0001',
  'state=open&number=INV-00012345',
  'state=all&number=INV-9',
  'state=closed&number=INV-',
  'state=open&dueFrom={soon}',
  'state=open&dueFrom={late}&dueTo={late}',
  'state=open&dueFrom=2090-01-01',
  'state=closed&dueTo={late}',
  `state=overdue&categoryId=${category(1)}&minAmount=4000&currency=USD&companyCode=1000`,
  'state=open&currency=EUR&companyCode=9000',
  'state=overdue&currency=JPY&minAmount=1',
  'state=all&currency=EUR&documentType=DA',
];
const invoiceSorts = ['due', '-due', 'amount', '-amount', 'number', '-number'];
const customerFilters = [
  '',
  'status=all',
  'status=archived',
  'q=company',
  'q=works',
  'q=company%2012345',
  'q=zzz',
  `categoryId=${category(1)}`,
  `categoryId=${category(2)}`,
  'uncategorized=true',
  'owing=open',
  'owing=overdue',
  'owing=credit',
  'paused=true',
  'q=foods&owing=overdue',
  `categoryId=${category(1)}&q=systems`,
  'currency=EUR&owing=open',
];
const customerSorts = ['name', '-name', 'created', '-created', 'balance', '-balance', 'overdue', '-overdue'];
const paymentFilters = [
  '',
  'state=settled',
  'state=returned',
  'method=card',
  'unapplied=true',
  `customerId=${customer(17)}`,
  'number=PAY-0000',
  'currency=EUR',
];

/** Lists of a company with a million invoices over HTTP: p99 of the default list, and of the slowest combination. */
export async function run({ rows, log }: BenchOptions): Promise<BenchResult[]> {
  const server = await startBenchServer();
  const http = client(server.url, server.headers);
  try {
    await seedReceivables(server.admin, server.tenantId, { invoices: rows, customers: Math.max(20, Math.floor(rows / 10)) });
    const day = async (days: number) =>
      (await server.admin.query("select ((now() at time zone 'UTC')::date + $1::int)::text as day", [days])).rows[0].day as string;
    const dates = { '{soon}': await day(3), '{late}': await day(-20) };

    const first: number[] = [];
    let cursor: string | null = null;
    for (let n = 0; n < DEFAULT_REQUESTS; n++) {
      const answer = await http.get(`/v1/invoices${cursor ? `?cursor=${cursor}` : ''}`);
      cursor = (JSON.parse(answer.body) as { nextCursor: string | null }).nextCursor;
      if (n >= WARM_UP) first.push(answer.ms);
    }
    const deep = await deepCursor(server, rows);
    const far: number[] = [];
    for (let n = 0; n < DEFAULT_REQUESTS; n++) far.push((await http.get(`/v1/invoices?cursor=${deep}`)).ms);

    const bare: number[] = [];
    for (let n = 0; n < 300; n++) {
      const began = performance.now();
      await server.admin.query('select * from document where tenant_id = $1 and state = $2 order by due_on, id limit 51', [server.tenantId, 'open']);
      bare.push(performance.now() - began);
    }
    log(`the bare SQL of the default page: p99 ${percentile(bare, 0.99).toFixed(2)} ms`);

    const paths = [
      ...invoiceFilters.flatMap((filter) =>
        invoiceSorts
          .filter((sort) => !(sort.includes('amount') && /state=(closed|void|all)/.test(filter)))
          .map((sort) => `/v1/invoices?${filter}&sort=${sort}`),
      ),
      ...['state=open', 'state=all', 'state=void', `state=open&customerId=${customer(17)}`].flatMap((filter) =>
        ['due', '-number'].map((sort) => `/v1/credit-memos?${filter}&sort=${sort}`),
      ),
      ...customerFilters.flatMap((filter) => customerSorts.map((sort) => `/v1/customers?${filter}&sort=${sort}`)),
      ...paymentFilters.flatMap((filter) => ['received', '-received'].map((sort) => `/v1/payments?${filter}&sort=${sort}`)),
      ...['-overdue', 'name'].map((sort) => `/v1/aging/customers?sort=${sort}`),
      '/v1/search?q=company',
      '/v1/search?q=INV-0001',
      '/v1/search?q=works%2012',
    ].map((path) => path.replace(/\{\w+\}/g, (name) => dates[name as keyof typeof dates]));
    const measured: Measured[] = [];
    for (const path of paths) measured.push({ path, p99: Math.max(...(await timesOf(http, path, EACH))) });
    // a dozen requests tell who is slow, a hundred how slow
    const worst: Measured[] = [];
    for (const { path } of measured.sort(slowestFirst).slice(0, WORST)) worst.push({ path, p99: percentile(await timesOf(http, path, EACH_OF_WORST), 0.99) });
    for (const { path, p99 } of worst.sort(slowestFirst)) log(`${p99.toFixed(1)} ms  ${path}`);
    return [
      bound('default invoice list over HTTP, p99', percentile(first, 0.99), 10, 'ms'),
      bound('default invoice list, far into it, p99', percentile(far, 0.99), 10, 'ms'),
      bound(`slowest of ${paths.length} lists, filters and sorts, p99`, worst[0]!.p99, 100, 'ms'),
    ];
  } finally {
    http.close();
    await server.close();
  }
}

interface Measured {
  path: string;
  p99: number;
}

const slowestFirst = (a: Measured, b: Measured): number => b.p99 - a.p99;

/** Milliseconds of each request, page after page; from the begin again at the end. */
async function timesOf(http: ReturnType<typeof client>, path: string, count: number): Promise<number[]> {
  const times: number[] = [];
  let next: string | null = null;
  for (let n = 0; n < count; n++) {
    const answer = await http.get(`${path}${next ? `&cursor=${next}` : ''}`);
    times.push(answer.ms);
    next = (JSON.parse(answer.body) as { nextCursor?: string | null }).nextCursor ?? null;
  }
  return times;
}

/** A cursor nine tenths into the default list, made as the server makes it. */
async function deepCursor(server: { admin: import('pg').Client; tenantId: string }, rows: number): Promise<string> {
  const { rows: found } = await server.admin.query(
    'select due_on::text as due, id::text as id from document where tenant_id = $1 and state = $2 order by document.due_on, document.id offset $3 limit 1',
    [server.tenantId, 'open', Math.floor(rows * 0.87)],
  );
  return Buffer.from(JSON.stringify(['due', found[0].due, found[0].id])).toString('base64url');
}
