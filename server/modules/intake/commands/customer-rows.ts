import type { Context } from '../../../platform/context.ts';
import { mergeCustomers } from '../../customers/index.ts';
import { RowFault } from '../json-slice.ts';
import { type CustomerKey, readCustomerKey, readCustomerRow } from '../row-customer.ts';
import { type GatheredRows, nothingFound, Outcomes } from './gathered.ts';

/** Merges one batch of customers. Of two rows with one key the last wins, laid over the one before. */
export async function mergeCustomerRows(ctx: Context, uploadId: string, batch: GatheredRows): Promise<Outcomes> {
  const outcomes = new Outcomes(batch.count);
  const entries: { row: number; key: CustomerKey }[] = [];
  const places = new Map<string, number>();
  for (const [index, row] of batch.rows.entries()) {
    const key = keyOf(batch, index, row, outcomes);
    if (!key) continue;
    const same = `${key.companyCode}\n${key.number}`;
    const place = places.get(same);
    if (place === undefined) {
      places.set(same, entries.length);
      entries.push({ row: index, key });
    } else if (wins(batch, entries[place]!.row, index, outcomes)) entries[place] = { row: index, key };
  }
  const read = (position: number) => {
    const { row } = entries[position]!;
    const found = nothingFound();
    const customer = readCustomerRow(batch.rows[row] as Record<string, unknown>, batch.escaped[row]!, found);
    outcomes.note(row, found);
    return customer;
  };
  const merged = await mergeCustomers(ctx, { uploadId, keys: entries.map((e) => e.key), hashes: entries.map((e) => batch.hashes[e.row]!), read });
  for (const position of merged.warnAgain) read(position);
  for (const [position, { row }] of entries.entries()) {
    outcomes.statuses[row] = merged.statuses[position]!;
    outcomes.ids[row] = merged.ids[position]!;
  }
  for (const position of merged.repeated)
    outcomes.warn(entries[position]!.row, {
      field: 'customerno',
      code: 'duplicate_in_request',
      message: 'An earlier row of this request had the same key; this one wins.',
    });
  return outcomes;
}

function keyOf(batch: GatheredRows, index: number, row: Record<string, unknown> | RowFault, outcomes: Outcomes): CustomerKey | null {
  if (row instanceof RowFault) {
    outcomes.fail(index, { field: row.field, code: row.code, message: row.message });
    return null;
  }
  const found = nothingFound();
  const key = readCustomerKey(row, batch.escaped[index]!, found);
  outcomes.keys[index] = key.number;
  if (found.errors === null) return key;
  readCustomerRow(row, batch.escaped[index]!, ((found.errors = null), found));
  outcomes.note(index, found);
  return null;
}

function wins(batch: GatheredRows, earlier: number, later: number, outcomes: Outcomes): boolean {
  const found = nothingFound();
  if (!readCustomerRow(batch.rows[later] as Record<string, unknown>, batch.escaped[later]!, found)) {
    outcomes.note(later, found);
    return false;
  }
  if (!readCustomerRow(batch.rows[earlier] as Record<string, unknown>, batch.escaped[earlier]!, nothingFound())) return true;
  batch.rows[later] = { ...(batch.rows[earlier] as Record<string, unknown>), ...(batch.rows[later] as Record<string, unknown>) };
  batch.escaped[later] ||= batch.escaped[earlier]!;
  outcomes.warn(earlier, {
    field: 'customerno',
    code: 'duplicate_in_request',
    message: `Row ${batch.first + later + 1} has the same key and wins.`,
  });
  return true;
}
