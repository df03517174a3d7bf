// biome-ignore-all lint/suspicious/noExplicitAny: the stories read whatever field of an answer they are about
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { systemActor, workFor } from '../../platform/context.ts';
import { createHttp, type Listening, listen } from '../../platform/http/server.ts';
import { runJob } from '../../platform/jobs/jobs.ts';
import { createCustomer } from '../customers/index.ts';
import { authenticate, createApiKey } from '../identity/index.ts';
import { createInvoice, recordPayment, returnPayment, turnDay, voidDocument } from '../receivables/index.ts';
import { changeInPercent, dso, lastMonths } from './dashboard.ts';
import { endpoints, refreshFigures } from './index.ts';

const day = (text: string) => Temporal.PlainDate.from(text);

describe('measures', () => {
  it('DSO is open / sales of the last 90 days × 90', () => {
    expect(dso(50_000n, 100_000n)).toBe(45);
    expect(dso(0n, 100_000n)).toBe(0);
    expect(dso(50_000n, 0n)).toBeNull();
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.bigInt({ min: 1n, max: 10n ** 12n }), (open, sales) => {
        const exact = (Number(open) / Number(sales)) * 90;
        expect(Math.abs(dso(open, sales)! - exact)).toBeLessThanOrEqual(0.051 + exact * 1e-9);
      }),
    );
  });

  it('a change is in percent of what was before', () => {
    expect(changeInPercent(150n, 100n)).toBe(50);
    expect(changeInPercent(50n, 100n)).toBe(-50);
    expect(changeInPercent(50n, 0n)).toBeNull();
  });

  it('twelve months end with the present one', () => {
    const months = lastMonths(day('2026-03-31'), 12).map(String);
    expect(months).toHaveLength(12);
    expect([months[0], months.at(-1)]).toEqual(['2025-04-01', '2026-03-01']);
  });
});

describe('the dashboard and timelines', () => {
  let db: TestDatabase;
  let http: Listening;
  let tenantId: string;
  let get: (path: string) => Promise<{ status: number; body: any }>;
  let customerId: string;
  let first: string;
  let paymentId: string;

  beforeAll(async () => {
    db = await testDatabase();
    db.clock.set('2026-01-10T12:00:00Z');
    http = await listen(createHttp(db.platform(), endpoints, authenticate), 0, '127.0.0.1');
    tenantId = await db.tenant({ timezone: 'UTC' });
    const { apiKey, apiSecret } = await db.inTenant(tenantId, (ctx) => createApiKey(ctx, { name: 'Test', role: 'viewer' }));
    get = async (path) => {
      const response = await fetch(`http://127.0.0.1:${http.port}${path}`, { headers: { api_key: apiKey, api_secret: apiSecret } });
      return { status: response.status, body: await response.json() };
    };
    await db.inTenant(tenantId, async (ctx) => {
      customerId = await createCustomer(ctx, { number: 'C1', companyName: 'Harbor Goods' });
      const base = { customerId, currency: 'USD' };
      first = await createInvoice(ctx, { ...base, number: 'A-1', amountMinor: 100_000n, issuedOn: day('2026-01-05'), dueOn: day('2026-01-20') });
    });
    db.clock.set('2026-03-15T12:00:00Z');
    await db.inTenant(tenantId, async (ctx) => {
      const base = { customerId, currency: 'USD' };
      await createInvoice(ctx, { ...base, number: 'A-2', amountMinor: 50_000n, issuedOn: day('2026-03-01'), dueOn: day('2026-04-01') });
      ({ paymentId } = await recordPayment(ctx, {
        ...base,
        amountMinor: 40_000n,
        method: 'check',
        state: 'settled',
        receivedOn: day('2026-03-10'),
        applications: [{ documentId: first, amountMinor: 40_000n }],
      }));
      const bounced = await recordPayment(ctx, {
        ...base,
        amountMinor: 5_000n,
        method: 'check',
        state: 'settled',
        receivedOn: day('2026-03-12'),
        applications: [{ documentId: first, amountMinor: 5_000n }],
      });
      await returnPayment(ctx, bounced.paymentId, 'No funds');
    });
  });
  afterAll(async () => {
    await http.stop();
    await db.close();
  });

  it('says what is open, overdue, collected and waiting', async () => {
    const { status, body } = await get('/v1/dashboard');
    expect(status).toBe(200);
    expect(body.currencies).toMatchObject([
      {
        currency: 'USD',
        open: '1100.00',
        overdue: '600.00',
        overdue30DaysAgo: '1000.00',
        overdueChange: -40,
        aging: { current: '500.00', days1To30: '0.00', days31To60: '600.00' },
        collectedThisMonth: '400.00',
        collectedLastMonth: '0.00',
        dso: 66,
      },
    ]);
    expect(body.currencies[0].collected.at(-1)).toEqual({ month: '2026-03', amount: '400.00' });
    expect(body.attention).toMatchObject([
      { kind: 'payment_returned', text: 'No funds', customer: { name: 'Harbor Goods' }, amount: { amount: '50.00', currency: 'USD' } },
    ]);
  });

  it('shows the heavy figures of a big company with their moment until the job makes them anew', async () => {
    const work = workFor(db.platform(), tenantId, systemActor);
    await runJob(work, refreshFigures, {});
    await db.admin.query('update dashboard_figure set took_ms = 400 where tenant_id = $1', [tenantId]);
    const before = (await get('/v1/dashboard')).body.figuresAt;
    db.clock.advance({ minutes: 1 });
    await db.inTenant(tenantId, (ctx) =>
      recordPayment(ctx, {
        customerId,
        currency: 'USD',
        amountMinor: 1_000n,
        method: 'cash',
        state: 'settled',
        receivedOn: day('2026-03-15'),
        applications: [],
      }),
    );
    const stale = (await get('/v1/dashboard')).body;
    expect(stale.figuresAt).toBe(before);
    expect(stale.currencies[0]).toMatchObject({ collectedThisMonth: '400.00', credits: '10.00' });
    await runJob(work, refreshFigures, {});
    expect((await get('/v1/dashboard')).body.currencies[0].collectedThisMonth).toBe('410.00');
  });

  it('asked too often the job waits its turn', async () => {
    const work = workFor(db.platform(), tenantId, systemActor);
    await db.admin.query('update dashboard_figure set took_ms = 5000 where tenant_id = $1', [tenantId]);
    await runJob(work, refreshFigures, {});
    const { rows } = await db.admin.query(
      "select run_at > now() - interval '100 years' as later from graphile_worker.jobs where task_identifier = 'reporting.refresh_figures'",
    );
    expect(rows).toHaveLength(1);
    expect((await db.admin.query('select took_ms from dashboard_figure where tenant_id = $1', [tenantId])).rows[0].took_ms).toBe(5000);
  });

  it('the trend is what was kept at the turn of that day once there is such a day', async () => {
    db.clock.set('2026-03-16T06:00:00Z');
    await runJob(workFor(db.platform(), tenantId, systemActor), turnDay, {});
    await db.admin.query('update dashboard_figure set took_ms = 0 where tenant_id = $1', [tenantId]);
    db.clock.set('2026-04-15T06:00:00Z');
    expect((await get('/v1/dashboard')).body.currencies[0].overdue30DaysAgo).toBe('600.00');
  });

  it('an invoice tells its story, newest first', async () => {
    const { body } = await get(`/v1/invoices/${first}/timeline`);
    const types = body.items.map((item: any) => item.type);
    expect(types).toEqual(['application.undone', 'application.payment', 'application.payment', 'invoice.recorded']);
    expect(body.items[2].data).toMatchObject({ amount: { amount: '400.00', currency: 'USD' }, number: 'PAY-000001' });
    const page = await get(`/v1/invoices/${first}/timeline?limit=2`);
    const rest = await get(`/v1/invoices/${first}/timeline?limit=2&cursor=${page.body.nextCursor}`);
    expect([...page.body.items, ...rest.body.items].map((item: any) => item.id)).toEqual(body.items.map((item: any) => item.id));
    expect((await get(`/v1/invoices/${first}/timeline?cursor=${Buffer.from('["timeline","x"]').toString('base64url')}`)).status).toBe(400);
    expect((await get(`/v1/invoices/${paymentId}/timeline`)).status).toBe(404);
  });

  it('a void stands once in the story of its invoice', async () => {
    const id = await db.inTenant(tenantId, async (ctx) => {
      const made = await createInvoice(ctx, {
        customerId,
        currency: 'USD',
        number: 'A-9',
        amountMinor: 500n,
        issuedOn: day('2026-03-01'),
        dueOn: day('2026-03-31'),
      });
      await voidDocument(ctx, made, 'Issued twice');
      return made;
    });
    const { body } = await get(`/v1/invoices/${id}/timeline`);
    expect(body.items.map((item: any) => item.type)).toEqual(['invoice.voided', 'invoice.recorded']);
  });

  it("a customer's story holds its payments and mails", async () => {
    await db.admin.query(
      `insert into outbound_email (tenant_id, id, dedupe_key, kind, customer_id, to_address, state, subject, sent_at, created_at)
       values ($1, '019d0000-0000-7000-8000-000000000001', 'k', 'reminder', $2, 'ap@harbor.test', 'sent', 'Reminder', '2026-03-15T13:00:00Z', '2026-03-15T13:00:00Z')`,
      [tenantId, customerId],
    );
    const { body } = await get(`/v1/customers/${customerId}/timeline`);
    const types = body.items.map((item: any) => item.type);
    expect(types).toContain('payment.received');
    expect(types).toContain('payment.returned');
    expect(body.items.find((item: any) => item.kind === 'email')).toMatchObject({ type: 'email.sent', data: { to: 'ap@harbor.test', subject: 'Reminder' } });
  });
});
