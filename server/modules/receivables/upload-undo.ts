import { newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { lockCustomerRows } from '../customers/index.ts';
import { stagedColumns } from './upload-row.ts';

/** Taking an upload's documents back. Which must stay, because something has happened to them since, the caller says. */

export interface UndoneDocuments {
  removed: number;
  restored: number;
  customerIds: string[];
}

/** Columns that a change may have kept, with their types. */
const restorable = stagedColumns.filter(([name]) => !['id', 'kind', 'customer_id', 'company_code', 'line_item', 'content_hash'].includes(name));

interface Touched {
  id: string;
  customerId: string;
  /** Made by the upload itself: ids rise with time, and one made by hand before is smaller. */
  created: boolean;
}

/**
 * Documents that the upload changed get back what they were, those that it created are removed; the ones in `keep`
 * stay as they are. Restored documents lose their content hash, so that the next upload reads them again.
 */
export async function undoDocuments(ctx: Context, uploadId: string, keep: readonly string[]): Promise<UndoneDocuments> {
  const touched = await ctx.tx.rows<Touched>(sql`
    select d.id, d.customer_id, d.upload_id = ${uploadId}::uuid and d.id > ${uploadId}::uuid as created
    from document d
    where d.tenant_id = ${ctx.tenant.id} and d.id <> all(${[...keep]}::uuid[])
      and (d.upload_id = ${uploadId} or d.id in (select document_id from document_change where tenant_id = ${ctx.tenant.id} and upload_id = ${uploadId}))`);
  const customerIds = [...new Set(touched.map((row) => row.customerId))];
  await lockCustomerRows(ctx, customerIds);
  const created = touched.filter((row) => row.created).map((row) => row.id);
  const changed = touched.filter((row) => !row.created).map((row) => row.id);
  await restore(ctx, uploadId, changed);
  await ctx.tx.run(sql`delete from document where tenant_id = ${ctx.tenant.id} and id = any(${created}::uuid[])`);
  return { removed: created.length, restored: changed.length, customerIds };
}

async function restore(ctx: Context, uploadId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const list = [...ids];
  await ctx.tx.run(sql`
    insert into document_change (tenant_id, id, document_id, before, after)
    select ${ctx.tenant.id}::uuid, t.id, t.document_id, '{}', jsonb_build_object('undone_upload', ${uploadId}::text)
    from unnest(${list.map(() => newId())}::uuid[], ${list}::uuid[]) as t(id, document_id)`);
  // payments that the upload had confirmed wait for their confirmation again
  await ctx.tx.run(sql`
    update application a set provisional = true
    from document_change c, jsonb_array_elements_text(c.before -> 'provisional') as p(id)
    where c.tenant_id = ${ctx.tenant.id} and c.upload_id = ${uploadId} and c.document_id = any(${list}::uuid[])
      and a.tenant_id = c.tenant_id and a.id = p.id::uuid`);
  await ctx.tx.run(sql`
    delete from application where tenant_id = ${ctx.tenant.id} and upload_id = ${uploadId} and document_id = any(${list}::uuid[])`);
  const columns = restorable.map(([name, type]) => {
    const was = type === 'jsonb' ? `nullif(k.was -> '${name}', 'null')` : `(k.was ->> '${name}')::${type}`;
    return `${name} = case when k.was ? '${name}' then ${was} else d.${name} end`;
  });
  // of several changes by one upload the first knows what was before: later keys lose against earlier ones
  await ctx.tx.run(sql`
    update document d set ${sql.raw(columns.join(', '))}, content_hash = null, updated_at = app.now()
    from (select document_id, jsonb_object_agg(key, value order by id desc) as was
          from document_change c, jsonb_each(c.before)
          where c.tenant_id = ${ctx.tenant.id} and c.upload_id = ${uploadId} and c.document_id = any(${list}::uuid[])
          group by document_id) k
    where d.tenant_id = ${ctx.tenant.id} and d.id = k.document_id`);
}
