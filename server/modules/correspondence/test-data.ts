import { newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { seedDefaultTemplates } from '../templates/index.ts';

/** Rows that the tests of this module stand on, written straight into the tables. */
export interface Party {
  customerId: string;
  templateId: string;
  invoiceIds: string[];
}

export async function seedParty(
  ctx: Context,
  options: {
    invoices?: [number: string, openMinor: bigint, dueOn: string, currency?: string][];
    firstName?: string | null;
    companyName?: string;
    templateId?: string;
  } = {},
): Promise<Party> {
  const customerId = newId();
  const templateId = options.templateId ?? (await seedDefaultTemplates(ctx)).reminderTemplateId;
  await ctx.tx.run(sql`
    insert into customer (tenant_id, id, number, company_name, first_name, name)
    values (${ctx.tenant.id}, ${customerId}, ${customerId.slice(-8)}, ${options.companyName ?? 'Tailspin Toys'}, ${options.firstName === undefined ? 'Ana' : options.firstName}, ${options.companyName ?? 'Tailspin Toys'})`);
  const invoiceIds: string[] = [];
  for (const [number, openMinor, dueOn, currency] of options.invoices ?? [
    ['1042', 125_000n, '2026-02-18'],
    ['1043', 50_050n, '2026-03-07'],
  ]) {
    const id = newId();
    invoiceIds.push(id);
    await ctx.tx.run(sql`
      insert into document (tenant_id, id, kind, state, customer_id, number, currency, amount_minor, open_minor, due_on, issued_on)
      values (${ctx.tenant.id}, ${id}, 'invoice', 'open', ${customerId}, ${number}, ${currency ?? 'USD'}, ${openMinor}, ${openMinor}, ${dueOn}::date, ${'2026-01-15'}::date)`);
  }
  return { customerId, templateId, invoiceIds };
}

export const payOff = (ctx: Context, documentIds: readonly string[]): Promise<number> =>
  ctx.tx.run(sql`update document set open_minor = 0, state = 'closed' where tenant_id = ${ctx.tenant.id} and id = any(${[...documentIds]}::uuid[])`);
