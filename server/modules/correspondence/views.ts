import { newId } from '../../kernel/ids.ts';
import { type Context, inTenant, type Platform, systemActor } from '../../platform/context.ts';
import type { RequestInfo } from '../../platform/http/endpoint.ts';
import { insertView, readSentMail } from './queries.ts';
import { putDocumentViews, readLinkEmail } from './queries-views.ts';
import { type Grade, gradeOf, type Sighting } from './view-grade.ts';

/** Sightings of a grade kept of one mail. */
const MAX_VIEWS = 100;

export interface Sight {
  kind: Sighting['kind'];
  /** The PDF's; null: all that the mail lists. */
  documentId: string | null;
  method: string;
  request: Pick<RequestInfo, 'ip' | 'userAgent' | 'headers'>;
}

/**
 * Keeps that something of a mail was fetched, with its grade; what a machine fetches is no view of an invoice. A mail that
 * is gone is no reason to fail.
 */
export async function recordSighting(ctx: Context, emailId: string, sight: Sight): Promise<Grade> {
  const mail = await readSentMail(ctx, emailId);
  if (!mail) return 'machine';
  const sentAt = mail.sentAt ?? mail.submittedAt;
  const { ip, userAgent, headers } = sight.request;
  const grade = gradeOf({
    kind: sight.kind,
    method: sight.method,
    userAgent,
    headers,
    secondsSinceSent: sentAt === null ? null : ctx.clock.now().since(sentAt).total('seconds'),
  });
  const isNew = await insertView(ctx, { id: newId(), emailId, documentId: sight.documentId, kind: sight.kind, grade, ip, userAgent }, MAX_VIEWS);
  // only what is kept counts, so that the past can be told from the views alone
  if (isNew && grade !== 'machine') await putDocumentViews(ctx, emailId, sight.documentId, grade);
  return grade;
}

/** How long the same browser is not looked at again for one link: a page loaded again says nothing new, a scanner may be followed by a person. */
const AGAIN_MS = { person: 10 * 60_000, machine: 10_000 };
const MAX_SEEN = 10_000;
/** Until when, by the process's own clock. */
const seen = new Map<string, number>();

/**
 * The page of a pay link was shown. A browser is looked at once in a while: a page that is loaded a thousand times costs one
 * row. What cannot be kept is no reason to keep the page back.
 */
export async function recordLinkOpened(
  platform: Platform,
  link: { tenantId: string; payLinkId: string },
  visit: Pick<Sight, 'method' | 'request'>,
): Promise<void> {
  const key = `${link.payLinkId} ${visit.request.ip} ${visit.request.userAgent}`;
  const now = performance.now();
  if (now < (seen.get(key) ?? 0)) return;
  if (seen.size >= MAX_SEEN) seen.clear();
  seen.set(key, now + AGAIN_MS.machine);
  try {
    await inTenant(platform, link.tenantId, systemActor, async (ctx) => {
      const emailId = await readLinkEmail(ctx, link.payLinkId);
      const grade = emailId === null ? 'machine' : await recordSighting(ctx, emailId, { ...visit, kind: 'link', documentId: null });
      if (grade !== 'machine') seen.set(key, now + AGAIN_MS.person);
    });
  } catch (error) {
    platform.log.warn({ err: error }, 'a visit of a pay link could not be kept');
  }
}
