import { newId } from '../../../kernel/ids.ts';
import { conflict, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { MAX_CC } from '../../templates/index.ts';
import { kindRules, type OutboundRow } from '../email.ts';
import { deliver } from '../sending/jobs.ts';
import { insertEmails, readdress, readEmail, readyAgain } from '../queries.ts';

/** Rows in one statement. */
const SLICE = 2000;

/**
 * Puts mails into the queue; they leave after the commit. A row whose key is there already is left out, and so is one
 * whose address is not a plain one. Answers the ids of the rows that were written. For tens of thousands at once.
 */
export async function queueEmails(ctx: Context, rows: readonly OutboundRow[]): Promise<string[]> {
  const now = ctx.clock.now();
  const written: string[] = [];
  for (let at = 0; at < rows.length; at += SLICE) {
    const slice = rows.slice(at, at + SLICE).flatMap((row) => {
      const address = plainAddress(row.toAddress.trim().toLowerCase());
      if (address === null) return [];
      return [
        {
          id: row.id ?? newId(),
          dedupe_key: row.dedupeKey,
          kind: row.kind,
          customer_id: row.customerId ?? null,
          template_id: row.templateId ?? null,
          run_id: row.runId ?? null,
          to_address: address,
          cc_addresses: [...(row.ccAddresses ?? [])].slice(0, MAX_CC).map((one) => one.toLowerCase()),
          payload: row.payload ?? {},
          resend_if_uncertain: kindRules[row.kind].resendIfUncertain,
          next_try_at: (row.notBefore ?? now).toString(),
        },
      ];
    });
    if (slice.length > 0) written.push(...(await insertEmails(ctx, slice)));
  }
  if (written.length > 0) await ctx.enqueue(deliver, {}, { key: 'due' });
  return written;
}

/**
 * Sends a mail once more that failed or of which nobody knows whether it arrived: a person has decided. `to`: where it
 * goes now, if it failed; one that may have arrived goes to whom it went. Problem 409 for a mail in another state, 404
 * for an unknown one.
 */
export async function sendAgain(ctx: Context, id: string, to: readonly string[] = []): Promise<void> {
  const mail = await readEmail(ctx, id);
  if (!mail) throw notFound('e-mail');
  if (mail.state === 'failed' && to.length > 0) await readdress(ctx, id, to[0]!, to.slice(1, MAX_CC + 1));
  if (!(await readyAgain(ctx, id, ['failed', 'uncertain']))) throw conflict('not_sendable', 'Only mail that failed or may not have arrived can be sent again.');
  await ctx.record({ type: 'email.sent_again', subjectType: 'email', subjectId: id, customerId: mail.customerId, data: { before: mail.state } });
  await ctx.enqueue(deliver, {}, { key: 'due' });
}
