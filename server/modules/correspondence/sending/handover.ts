import type { OutgoingMail, Sender, SendOutcome } from '../../../platform/mail/sender.ts';
import type { Logger } from '../../../platform/telemetry/log.ts';
import type { EmailKind } from '../email.ts';
import type { MailRoute } from './senders.ts';

/** What came of handing over one mail, and through which server it went in the end. */
export interface HandOver {
  outcome: SendOutcome;
  through: 'own' | 'platform';
  /** The own server could not be used: what it said. */
  trouble: string | null;
}

/**
 * Speaks SMTP for one mail. When the company's own server cannot be reached or refuses to know us, the mail goes through
 * the server of this installation where the company wants that; alarms always do, because they may be about that server.
 */
export async function handOver(log: Logger, route: MailRoute, kind: EmailKind, mail: OutgoingMail): Promise<HandOver> {
  if (!route.own) return { outcome: await sendOne(log, route.sender, route, mail), through: 'platform', trouble: null };
  const first: SendOutcome = route.down === null ? await sendOne(log, route.sender, route, mail) : { kind: 'deferred', answer: route.down, server: true };
  if (first.kind !== 'deferred' || !first.server) return { outcome: first, through: 'own', trouble: null };
  route.down = first.answer;
  if (route.platform === null || !(route.fallback || kind === 'alarm')) return { outcome: first, through: 'own', trouble: first.answer };
  return { outcome: await sendOne(log, route.platform, route, mail), through: 'platform', trouble: first.answer };
}

async function sendOne(log: Logger, sender: Sender, route: MailRoute, mail: OutgoingMail): Promise<SendOutcome> {
  try {
    return await sender.send(mail, route.keys);
  } catch (error) {
    // an address that cannot stand in an envelope: nothing went out
    if (error instanceof RangeError) return { kind: 'refused', answer: `The address cannot be used: ${error.message}.`, refused: [] };
    // the sender throws only before it speaks to the server; the others of the group must still be recorded
    log.error({ err: error, emailId: mail.messageId }, 'a mail could not be composed');
    return { kind: 'refused', answer: 'The mail could not be composed.', refused: [] };
  }
}
