/** Customers and invoices for this module's tests, written straight into the tables. */
import { newId } from '../../kernel/ids.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';

export interface CustomerSeed {
  number: string;
  name?: string;
  companyCode?: string;
  categories?: string[];
  /** Null for a customer without a contact. */
  email?: string | null;
  pausedUntil?: string;
  archived?: boolean;
}

export interface InvoiceSeed {
  customerId: string;
  number?: string;
  dueOn: string;
  /** Minor units. */
  amount?: number | bigint;
  open?: number | bigint;
  currency?: string;
  kind?: 'invoice' | 'credit_memo';
  state?: 'open' | 'closed' | 'void';
  documentType?: string | null;
  companyCode?: string;
  profitCenter?: string | null;
}

export class TestData {
  readonly db: TestDatabase;
  readonly tenantId: string;
  private readonly categoryIds = new Map<string, string>();
  private count = 0;

  constructor(db: TestDatabase, tenantId: string) {
    this.db = db;
    this.tenantId = tenantId;
  }

  async category(name: string): Promise<string> {
    const known = this.categoryIds.get(name);
    if (known) return known;
    const id = newId();
    await this.db.admin.query('insert into category (tenant_id, id, name, created_at) values ($1, $2, $3, now())', [this.tenantId, id, name]);
    this.categoryIds.set(name, id);
    return id;
  }

  async customer(seed: CustomerSeed): Promise<string> {
    const id = newId();
    await this.db.admin.query(
      `insert into customer (tenant_id, id, number, company_code, name, paused_until, archived_at, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, '2026-01-01', '2026-01-01')`,
      [
        this.tenantId,
        id,
        seed.number,
        seed.companyCode ?? '',
        seed.name ?? `Customer ${seed.number}`,
        seed.pausedUntil ?? null,
        seed.archived ? '2026-01-01' : null,
      ],
    );
    for (const name of seed.categories ?? [])
      await this.db.admin.query('insert into customer_category (tenant_id, customer_id, category_id) values ($1, $2, $3)', [
        this.tenantId,
        id,
        await this.category(name),
      ]);
    const email = seed.email === undefined ? `ap@${seed.number.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}.test` : seed.email;
    if (email !== null) await this.contact(id, email, { primary: true });
    return id;
  }

  async contact(customerId: string, email: string, options: { primary?: boolean; purposes?: string[] } = {}): Promise<string> {
    const id = newId();
    await this.db.admin.query(
      'insert into contact (tenant_id, id, customer_id, email, purposes, is_primary, position, created_at) values ($1, $2, $3, $4, $5, $6, $7, now())',
      [this.tenantId, id, customerId, email, options.purposes ?? ['billing'], options.primary ?? false, this.count++],
    );
    return id;
  }

  async suppress(address: string, reason = 'bounce'): Promise<void> {
    await this.db.admin.query('insert into suppression (tenant_id, address, reason, created_at) values ($1, $2, $3, now())', [
      this.tenantId,
      address.toLowerCase(),
      reason,
    ]);
  }

  async invoice(seed: InvoiceSeed): Promise<string> {
    const id = newId();
    const amount = BigInt(seed.amount ?? 10_000);
    const state = seed.state ?? 'open';
    const open = state === 'open' ? BigInt(seed.open ?? amount) : 0n;
    await this.db.admin.query(
      `insert into document (tenant_id, id, kind, state, customer_id, number, company_code, currency, amount_minor, open_minor, due_on, issued_on,
         document_type, profit_center, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::date, $11::date - 30, $12, $13, '2026-01-01', '2026-01-01')`,
      [
        this.tenantId,
        id,
        seed.kind ?? 'invoice',
        state,
        seed.customerId,
        seed.number ?? `INV-${++this.count}`,
        seed.companyCode ?? '',
        seed.currency ?? 'USD',
        amount.toString(),
        open.toString(),
        seed.dueOn,
        seed.documentType ?? null,
        seed.profitCenter ?? null,
      ],
    );
    return id;
  }

  /** A sent mail about the invoice. */
  async mailed(documentId: string, customerId: string, sentOn: string, kind = 'reminder', state = 'sent'): Promise<void> {
    const id = newId();
    await this.db.admin.query(
      `insert into outbound_email (tenant_id, id, dedupe_key, kind, customer_id, to_address, state, next_try_at, sent_on, created_at)
       values ($1, $2, $3, $4, $5, 'someone@example.test', $6, now(), $7, now())`,
      [this.tenantId, id, `test:${id}`, kind, customerId, state, state === 'sent' ? sentOn : null],
    );
    await this.db.admin.query('insert into outbound_email_document (tenant_id, email_id, document_id, open_minor) values ($1, $2, $3, 1)', [
      this.tenantId,
      id,
      documentId,
    ]);
  }

  async cadence(name: string): Promise<string> {
    const id = newId();
    await this.db.admin.query('insert into cadence (tenant_id, id, name, active, position) values ($1, $2, $3, true, $4)', [
      this.tenantId,
      id,
      name,
      this.count++,
    ]);
    return id;
  }

  async member(cadenceId: string, customerId: string, joinedOn: string): Promise<void> {
    await this.db.admin.query(
      `insert into cadence_member (tenant_id, id, cadence_id, customer_id, state, added_by, joined_on, since) values ($1, $2, $3, $4, 'active', 'person', $5, now())`,
      [this.tenantId, newId(), cadenceId, customerId, joinedOn],
    );
  }

  /** A hold on an invoice, or on all of the customer. */
  async hold(customerId: string, kind: string, options: { documentId?: string; until?: string } = {}): Promise<string> {
    const id = newId();
    await this.db.admin.query(
      `insert into hold (tenant_id, id, customer_id, document_id, kind, until, placed_by, placed_at) values ($1, $2, $3, $4, $5, $6, 'Test', now())`,
      [this.tenantId, id, customerId, options.documentId ?? null, kind, options.until ?? null],
    );
    return id;
  }

  async template(name = 'Invoice reminder'): Promise<string> {
    const id = newId();
    await this.db.admin.query(
      `insert into template (tenant_id, id, name, subject, body, compiled_html, compiled_text, is_default, created_at, updated_at)
       values ($1, $2, $3, 'Your invoices', '<p>{{invoice_list}}</p>', '<p>{{invoice_list}}</p>', '{{invoice_list}}', true, now(), now())`,
      [this.tenantId, id, name],
    );
    return id;
  }
}

export interface ReminderRow {
  number: string;
  documents: string[];
  template: string;
}

/** The reminders written so far: customer number, invoice numbers, template; by customer. */
export async function remindersOf(data: TestData, runOn?: string): Promise<ReminderRow[]> {
  const { rows } = await data.db.admin.query(
    `select c.number, t.name as template, e.dedupe_key,
       array(select d.number from document d where d.id in (select x::uuid from jsonb_array_elements_text(e.payload -> 'documentIds') x) order by d.due_on, d.number) as documents
     from outbound_email e join customer c on c.id = e.customer_id join template t on t.id = e.template_id
     where e.tenant_id = $1 and e.kind = 'reminder' and e.dedupe_key like 'reminder:' || coalesce($2, '') || '%' order by e.dedupe_key, c.number`,
    [data.tenantId, runOn ?? null],
  );
  return rows
    .map(({ number, documents, template }) => ({ number, documents, template }))
    .sort((a, b) => (a.number < b.number ? -1 : a.number > b.number ? 1 : 0));
}

export async function decisionsOf(data: TestData): Promise<{ number: string; rule: string; day: string; outcome: string; reason: string }[]> {
  const { rows } = await data.db.admin.query(
    `select c.number, r.name as rule, d.day::text as day, d.outcome, d.reason from reminder_decision d
     join customer c on c.id = d.customer_id join reminder_rule r on r.id = d.rule_id
     where d.tenant_id = $1 order by c.number, d.day, r.position, d.currency`,
    [data.tenantId],
  );
  return rows;
}
