import { newId } from '../../../kernel/ids.ts';
import type { Context } from '../../../platform/context.ts';
import { countSoftBounces, insertBounce } from '../sending/queries.ts';
import { suppress } from './suppress.ts';

/** So many mails that came back for the moment only, within so many days, say that the address does not work. */
const SOFT_LIMIT = 3;
const SOFT_DAYS = 30;

export interface Bounce {
  emailId: string;
  customerId: string | null;
  address: string;
  /** hard: the address will never work; soft: not this time. */
  grade: 'hard' | 'soft';
  source: 'smtp' | 'report';
  /** RFC 3463, such as 5.1.1. */
  status: string | null;
  detail: string | null;
}

/**
 * Keeps that a mail did not arrive at one of its addresses. A hard bounce stops mail to the address at once, a soft one
 * when it is the third in thirty days. The same bounce told twice counts once.
 */
export async function recordBounce(ctx: Context, bounce: Bounce): Promise<void> {
  const address = bounce.address.toLowerCase();
  const status = bounce.status !== null && /^[245]\.\d{1,3}\.\d{1,3}$/.test(bounce.status) ? bounce.status : null;
  const detail = bounce.detail?.slice(0, 1000) ?? null;
  if (!(await insertBounce(ctx, { ...bounce, id: newId(), address, status, detail }))) return;
  await ctx.record({
    type: 'email.bounced',
    subjectType: 'email',
    subjectId: bounce.emailId,
    customerId: bounce.customerId,
    data: { address, grade: bounce.grade, status, detail, source: bounce.source },
  });
  const about = { emailId: bounce.emailId, customerId: bounce.customerId };
  if (bounce.grade === 'hard') await suppress(ctx, address, 'bounce', detail, about);
  else if ((await countSoftBounces(ctx, address, SOFT_DAYS)) >= SOFT_LIMIT)
    await suppress(ctx, address, 'bounce', `${SOFT_LIMIT} mails in ${SOFT_DAYS} days came back. The last answer: ${detail ?? 'none'}`, about);
}

/** The status in an answer such as "550 5.1.1 no such user". */
export const statusIn = (answer: string): string | null => /(?:^|[\s#(])([245]\.\d{1,3}\.\d{1,3})(?=[\s).:;,]|$)/.exec(answer)?.[1] ?? null;
