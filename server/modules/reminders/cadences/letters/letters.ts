import { newId } from '../../../../kernel/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../../../kernel/problem.ts';
import type { Context, Work } from '../../../../platform/context.ts';
import { drawLettersPdf, MAX_ADDRESS_LINES, paperOf } from '../../../../platform/pdf/pdf.ts';
import { batchNumber, letterNumber } from '../cadence.ts';
import { cadenceEvents } from '../events.ts';
import { addressOf, type LetterContent, makeContents, modelOf, readLogos } from './content.ts';
import * as queries from './queries.ts';

/** Letters that are drawn into one file. */
export const MAX_BATCH = 500;

/** Writes the letters that a run decided on; a letter with the same key stays as it is. Each counts as a contact from today. */
export async function writeLetters(ctx: Context, letters: readonly Omit<queries.NewLetter, 'id'>[]): Promise<void> {
  if (letters.length === 0) return;
  const written = await queries.insertLetters(
    ctx,
    letters.map((letter) => ({ id: newId(), ...letter })),
  );
  for (const letter of written)
    await ctx.record({
      type: cadenceEvents.letterWritten,
      subjectType: 'letter',
      subjectId: letter.id,
      customerId: letter.customerId,
      data: { number: letterNumber(letter.number) },
    });
}

async function lockWaiting(ctx: Context, id: string): Promise<queries.Letter> {
  const letter = await queries.readLetter(ctx, id, true);
  if (!letter) throw notFound('letter');
  if (letter.state !== 'waiting')
    throw conflict('letter_not_waiting', `Letter ${letterNumber(letter.number)} does not wait any more: it is ${stateWords[letter.state]}.`);
  return letter;
}

const stateWords: Record<queries.LetterState, string> = { waiting: 'waiting', batched: 'in a print batch', printed: 'printed', withdrawn: 'withdrawn' };

/** Where the letter goes; null: the address of the newest invoice. */
export async function changeAddress(ctx: Context, id: string, lines: readonly string[] | null): Promise<void> {
  const letter = await lockWaiting(ctx, id);
  const address = lines === null ? null : lines.map((line) => line.trim()).filter(Boolean);
  if (address !== null && address.length === 0)
    throw invalid('address', 'required', 'Write the lines of the address, or none to take that of the newest invoice.');
  // the window shows the name, and a person's name, too
  if (address !== null && address.length > MAX_ADDRESS_LINES - 1)
    throw invalid('address', 'too_long', `An envelope's window shows ${MAX_ADDRESS_LINES - 1} lines below the name.`);
  const before = addressOf(letter);
  await queries.setAddress(ctx, id, address);
  await ctx.record({
    type: cadenceEvents.letterChanged,
    subjectType: 'letter',
    subjectId: id,
    customerId: letter.customerId,
    data: {
      number: letterNumber(letter.number),
      before: { address: before },
      after: { address: address ?? addressOf({ address: null, billAddress: letter.billAddress }) },
    },
  });
}

export async function withdrawLetter(ctx: Context, id: string, reason: string): Promise<void> {
  await withdraw(ctx, await lockWaiting(ctx, id), reason);
}

async function withdraw(ctx: Context, letter: queries.Letter, reason: string): Promise<void> {
  await queries.withdrawLetter(ctx, letter.id, reason);
  await ctx.record({
    type: cadenceEvents.letterWithdrawn,
    subjectType: 'letter',
    subjectId: letter.id,
    customerId: letter.customerId,
    data: { number: letterNumber(letter.number), reason },
  });
}

export interface BatchResult {
  /** Null: nothing was left to print. */
  batchId: string | null;
  letters: number;
  withdrawn: number;
  /** Waiting on, because their customers have no postal address. */
  withoutAddress: number;
}

/**
 * Puts waiting letters into a batch and fixes what they say, of what is open now. Letters with nothing left to ask for
 * are withdrawn. Problem 409 when none waits. With `ids` only those.
 */
export async function makeBatch(ctx: Context, ids: readonly string[] | null): Promise<BatchResult> {
  const waiting = await queries.lockWaiting(ctx, ids, MAX_BATCH);
  if (waiting.length === 0) throw new Problem(409, 'no_letters', 'No letter waits to be printed.');
  const made = await makeContents(ctx, waiting);
  const rows: { id: string; content: LetterContent }[] = [];
  const result: BatchResult = { batchId: null, letters: 0, withdrawn: 0, withoutAddress: 0 };
  for (const letter of waiting) {
    const one = made.get(letter.id)!;
    if (one.kind === 'withdrawn') {
      await withdraw(ctx, letter, one.reason);
      result.withdrawn += 1;
    } else if (one.content.to.address.length === 0) result.withoutAddress += 1;
    else rows.push({ id: letter.id, content: one.content });
  }
  if (rows.length === 0) return result;
  result.batchId = newId();
  result.letters = rows.length;
  await queries.insertBatch(ctx, result.batchId, paperOf(ctx.tenant.locale), rows.length);
  await queries.fixContent(ctx, result.batchId, rows);
  const batch = (await queries.readBatch(ctx, result.batchId))!;
  await ctx.record({
    type: cadenceEvents.batchMade,
    subjectType: 'print_batch',
    subjectId: batch.id,
    data: { number: batchNumber(batch.number), letters: rows.length },
  });
  return result;
}

/** For the command line: a batch of what waits, written by `write`, and marked as printed when that succeeded. */
export async function printLetters(
  work: Work,
  write: (bytes: Buffer) => Promise<void>,
  printed: boolean,
): Promise<Omit<BatchResult, 'batchId'> & { batch: string | null }> {
  const { batchId, ...counts } = await work.transaction(async (ctx) =>
    (await queries.countWaiting(ctx)).waiting === 0 ? { batchId: null, letters: 0, withdrawn: 0, withoutAddress: 0 } : makeBatch(ctx, null),
  );
  if (batchId === null) return { batch: null, ...counts };
  await write((await batchPdf(work, batchId)).bytes);
  return work.transaction(async (ctx) => {
    if (printed) await markPrinted(ctx, batchId);
    return { batch: batchNumber((await queries.readBatch(ctx, batchId))!.number), ...counts };
  });
}

async function lockOpenBatch(ctx: Context, id: string): Promise<queries.Batch> {
  const batch = await queries.readBatch(ctx, id, true);
  if (!batch) throw notFound('print batch');
  if (batch.state !== 'open') throw conflict('batch_over', `Batch ${batchNumber(batch.number)} was ${batch.state} already.`);
  return batch;
}

/** The letters left the house. */
export async function markPrinted(ctx: Context, id: string): Promise<void> {
  const batch = await lockOpenBatch(ctx, id);
  await queries.endBatch(ctx, id, 'printed');
  for (const letter of await queries.moveBatch(ctx, id, 'printed'))
    await ctx.record({
      type: cadenceEvents.letterPrinted,
      subjectType: 'letter',
      subjectId: letter.id,
      customerId: letter.customerId,
      data: { number: letterNumber(letter.number), batch: batchNumber(batch.number) },
    });
  await ctx.record({ type: cadenceEvents.batchPrinted, subjectType: 'print_batch', subjectId: id, data: { number: batchNumber(batch.number) } });
}

/** The letters wait again, and say anew what is open when they are put into the next batch. */
export async function cancelBatch(ctx: Context, id: string): Promise<void> {
  const batch = await lockOpenBatch(ctx, id);
  await queries.endBatch(ctx, id, 'cancelled');
  const letters = await queries.moveBatch(ctx, id, 'waiting');
  await ctx.record({
    type: cadenceEvents.batchCancelled,
    subjectType: 'print_batch',
    subjectId: id,
    data: { number: batchNumber(batch.number), letters: letters.length },
  });
}

export interface PdfFile {
  name: string;
  bytes: Buffer;
}

/** One file with all letters of the batch, the same each time. Problem 404, and 409 for a batch that was cancelled. */
export async function batchPdf(work: Work, id: string): Promise<PdfFile> {
  const { batch, contents, logos, tenant } = await work.transaction(async (ctx) => {
    const found = await queries.readBatch(ctx, id);
    if (!found) throw notFound('print batch');
    if (found.state === 'cancelled') throw conflict('batch_cancelled', 'This batch was cancelled; its letters wait again.');
    const fixed = await queries.readContents(ctx, id);
    return { batch: found, contents: fixed, logos: await readLogos(ctx, fixed), tenant: ctx.tenant };
  });
  const bytes = await drawLettersPdf(
    contents.map((content) => modelOf(content, logos)),
    {
      title: `Letters ${batchNumber(batch.number)}`,
      author: tenant.name,
      locale: tenant.locale,
      paper: batch.paper,
      createdAt: batch.madeAt,
    },
  );
  return { name: `letters-${batchNumber(batch.number)}.pdf`, bytes };
}

/** One letter: as it was printed; while it waits, as it would be printed now. */
export async function letterPdf(work: Work, id: string): Promise<PdfFile> {
  const { content, logos, tenant, at } = await work.transaction(async (ctx) => {
    const letter = await queries.readLetter(ctx, id);
    if (!letter) throw notFound('letter');
    if (letter.state === 'withdrawn') throw conflict('letter_withdrawn', 'This letter was withdrawn before it was printed.');
    const said = letter.content ?? (await contentNow(ctx, letter));
    return { content: said, logos: await readLogos(ctx, [said]), tenant: ctx.tenant, at: letter.createdAt };
  });
  const bytes = await drawLettersPdf([modelOf(content, logos)], {
    title: `Letter ${content.number}`,
    author: tenant.name,
    locale: tenant.locale,
    createdAt: at,
  });
  return { name: `${content.number}.pdf`, bytes };
}

async function contentNow(ctx: Context, letter: queries.Letter): Promise<LetterContent> {
  const made = (await makeContents(ctx, [letter])).get(letter.id)!;
  if (made.kind === 'withdrawn') throw conflict('nothing_to_print', `${made.reason} It will be withdrawn with the next batch.`);
  return made.content;
}
