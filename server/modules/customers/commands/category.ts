import { newId } from '../../../kernel/ids.ts';
import { notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { customerEvents } from '../events.ts';
import {
  addCategories,
  categoryNameTaken,
  countExisting,
  deleteCategory,
  insertCategory,
  readCategory,
  readCategoryNames,
  recordForEach,
  removeCategories,
  renameCategoryRow,
} from '../queries.ts';

const nameTaken = (name: string): Problem =>
  new Problem(409, 'category_exists', `There is already a category "${name}".`, {
    errors: [{ field: 'name', code: 'taken', message: 'Another category has this name.' }],
  });

export async function createCategory(ctx: Context, name: string): Promise<string> {
  const id = newId();
  if (!(await insertCategory(ctx, id, name.trim()))) throw nameTaken(name.trim());
  await ctx.record({ type: customerEvents.categoryCreated, subjectType: 'category', subjectId: id, data: { name: name.trim() } });
  return id;
}

/** The ids of these categories; those that are not there yet are made. */
export async function categoriesNamed(ctx: Context, names: readonly string[]): Promise<string[]> {
  const known = new Map([...(await readCategoryNames(ctx))].map(([id, name]) => [name.toLowerCase(), id]));
  const ids: string[] = [];
  for (const name of names) ids.push(known.get(name.toLowerCase()) ?? (await createCategory(ctx, name)));
  return ids;
}

export async function renameCategory(ctx: Context, id: string, name: string): Promise<void> {
  const before = await readCategory(ctx, id);
  if (!before) throw notFound('category');
  if (await categoryNameTaken(ctx, name.trim(), id)) throw nameTaken(name.trim());
  await renameCategoryRow(ctx, id, name.trim());
  await ctx.record({ type: customerEvents.categoryRenamed, subjectType: 'category', subjectId: id, data: { before: before.name, after: name.trim() } });
}

/** Removes a category; its customers stay and lose it. */
export async function removeCategory(ctx: Context, id: string): Promise<void> {
  const before = await readCategory(ctx, id);
  if (!before) throw notFound('category');
  await deleteCategory(ctx, id);
  await ctx.record({ type: customerEvents.categoryRemoved, subjectType: 'category', subjectId: id, data: { name: before.name } });
}

/**
 * Gives and takes categories for many customers at once. All ids must exist (Problem 404). Answers how many
 * assignments were added and removed; what was so already is not counted.
 */
export async function categorizeCustomers(
  ctx: Context,
  input: { customerIds: readonly string[]; add: readonly string[]; remove: readonly string[] },
): Promise<{ added: number; removed: number }> {
  const customers = [...new Set(input.customerIds)];
  const categories = [...new Set([...input.add, ...input.remove])];
  if ((await countExisting(ctx, 'customer', customers)) !== customers.length) throw notFound('customer');
  if ((await countExisting(ctx, 'category', categories)) !== categories.length) throw notFound('category');
  const removed = await removeCategories(ctx, customers, input.remove);
  const added = await addCategories(ctx, customers, input.add);
  if (added + removed > 0) await recordForEach(ctx, customerEvents.categorized, customers, { added: [...input.add], removed: [...input.remove] });
  return { added, removed };
}
