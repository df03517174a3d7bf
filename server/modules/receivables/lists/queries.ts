import type { Context } from '../../../platform/context.ts';
import { type Sql, sql } from '../../../platform/database/sql.ts';
import { type Keyed, type KeyKind, MAX_GATHERED, MAX_SCANNED, type Walked } from './page.ts';

const castOf: Record<KeyKind, string> = { text: 'text collate "C"', number: 'bigint', date: 'date', id: 'uuid', moment: 'timestamptz' };

export interface ListShape {
  /** What is walked: a table. Its row is called `d` in every other fragment. */
  table: Sql;
  /** Columns of the order, as they stand in an index behind the conditions of `within`. */
  keys: readonly { column: string; kind: KeyKind }[];
  descending: boolean;
  /** What a row shows. */
  columns: Sql;
  /** A join that residual conditions need. */
  join?: Sql;
  /** What a row shows of other tables, looked up for the rows of the page only: `p` is the page. */
  beside?: { columns: Sql; join: Sql };
  /** Conditions that are looked at on each row found. */
  residual: readonly Sql[];
  after: readonly string[] | null;
  limit: number;
  /** Rows looked at for one page at most; `MAX_SCANNED` when left out. */
  scanned?: number;
}

function orderBy(shape: ListShape, alias: string): Sql {
  return sql.raw(shape.keys.map((key) => `${alias}${key.column}${shape.descending ? ' desc' : ''}`).join(', '));
}

function behind(shape: ListShape): Sql {
  if (!shape.after) return sql.empty;
  const columns = sql.raw(shape.keys.map((key) => key.column).join(', '));
  const values = sql.join(
    shape.keys.map((key, index) => sql`${shape.after![index]!}::${sql.raw(castOf[key.kind])}`),
    ', ',
  );
  return shape.descending ? sql`and (${columns}) < (${values})` : sql`and (${columns}) > (${values})`;
}

// another name than the column's: "select due_on::text as due_on … order by due_on" would sort the whole table
function keyColumns(shape: ListShape): Sql {
  return sql.raw(`array[${shape.keys.map((key) => `d.${key.column}::text`).join(', ')}] as keys`);
}

/** The page with what stands beside its rows: they are few by then, and a join on the way could be taken for many. */
function withBeside(shape: ListShape, page: Sql): Sql {
  if (!shape.beside) return page;
  return sql`select p.*, ${shape.beside.columns} from (${page}) p ${shape.beside.join} order by ${orderBy(shape, 'p.')}`;
}

/**
 * Walks an index in order from the cursor and keeps what meets the residual conditions: at most `MAX_SCANNED` rows are
 * looked at, so that a filter that hardly anything meets cannot read a million. `within` are conditions that the index
 * answers.
 */
export async function walk<Row extends Keyed>(ctx: Context, shape: ListShape, within: readonly Sql[]): Promise<Walked<Row>> {
  const filtered = shape.residual.length > 0 || shape.join !== undefined;
  const most = shape.scanned ?? MAX_SCANNED;
  const scanned = filtered ? most : shape.limit + 1;
  const inner = (columns: Sql, paging: Sql): Sql => sql`
    select ${columns} from ${shape.table} where ${sql.and([sql`tenant_id = ${ctx.tenant.id}`, ...within])} ${behind(shape)}
    order by ${orderBy(shape, '')} ${paging}`;
  const page = sql`
    select ${shape.columns}, ${keyColumns(shape)}
    from (${inner(sql.raw('*'), sql`limit ${scanned}`)}) d ${shape.join ?? sql.empty}
    where ${sql.and(shape.residual)} order by ${orderBy(shape, 'd.')} limit ${shape.limit + 1}`;
  const rows = await ctx.tx.rows<Row>(withBeside(shape, page));
  if (!filtered || rows.length > shape.limit) return { rows, stoppedAt: null };
  const names = sql.raw(shape.keys.map((key) => key.column).join(', '));
  const last = await ctx.tx.maybe<Keyed>(sql`
    select ${keyColumns(shape)} from (${inner(names, sql`offset ${most - 1} limit 1`)}) d`);
  return { rows, stoppedAt: last?.keys ?? null };
}

/** The same page from a small set: all that meets `within` is read, filtered and sorted. */
export async function gather<Row extends Keyed>(ctx: Context, shape: ListShape, within: readonly Sql[]): Promise<Walked<Row>> {
  const page = sql`
    with found as materialized (
      select * from ${shape.table} where ${sql.and([sql`tenant_id = ${ctx.tenant.id}`, ...within])} limit ${MAX_GATHERED + 1})
    select ${shape.columns}, ${keyColumns(shape)}
    from found d ${shape.join ?? sql.empty}
    where ${sql.and(shape.residual)} ${behind(shape)}
    order by ${orderBy(shape, 'd.')} limit ${shape.limit + 1}`;
  return { rows: await ctx.tx.rows<Row>(withBeside(shape, page)), stoppedAt: null };
}

/** True when no more than `MAX_GATHERED` rows meet conditions that an index answers. */
export async function isSmall(ctx: Context, table: Sql, within: readonly Sql[]): Promise<boolean> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    select count(*)::int as count from (
      select 1 from ${table} where ${sql.and([sql`tenant_id = ${ctx.tenant.id}`, ...within])} limit ${MAX_GATHERED + 1}) found`);
  return row.count <= MAX_GATHERED;
}

export interface Totals {
  count: number;
  sums: { currency: string; count: number; minor: bigint }[];
  /** True when there is more than was counted. */
  capped: boolean;
}

/** Rows counted for the totals of a list; above it the answer says "more than". */
export const MAX_COUNTED = 10_000;

/** Count and sums by currency of what meets the conditions, of the first `MAX_COUNTED` found in at most `MAX_SCANNED`. */
export async function totals(
  ctx: Context,
  from: { table: Sql; join?: Sql; amount: Sql; residual: readonly Sql[]; order: string },
  within: readonly Sql[],
): Promise<Totals> {
  const scanned = from.residual.length > 0 || from.join ? MAX_SCANNED * 2 : MAX_COUNTED + 1;
  const rows = await ctx.tx.rows<{ currency: string; count: number; minor: bigint; scanned: number }>(sql`
    with seen as materialized (
      select * from ${from.table} where ${sql.and([sql`tenant_id = ${ctx.tenant.id}`, ...within])} ${sql.raw(from.order)} limit ${scanned}),
    found as (
      select d.currency, ${from.amount} as minor from seen d ${from.join ?? sql.empty} where ${sql.and(from.residual)} limit ${MAX_COUNTED + 1})
    select f.currency, count(*)::int as count, coalesce(sum(f.minor), 0)::bigint as minor, (select count(*)::int from seen) as scanned
    from found f group by f.currency order by 2 desc`);
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  const capped = count > MAX_COUNTED || (rows[0]?.scanned ?? 0) >= scanned;
  return { count: Math.min(count, MAX_COUNTED), sums: rows.map(({ currency, count: of, minor }) => ({ currency, count: of, minor })), capped };
}
