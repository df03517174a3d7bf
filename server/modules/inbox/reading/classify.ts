import type { Email } from 'postal-mime';

/** message: a person wrote it; auto_reply: out of office and the like; bounce: a delivery report; bulk: newsletters. */
export type MessageKind = 'message' | 'auto_reply' | 'bounce' | 'bulk';

const autoSubjects =
  /^(?:(?:re|aw|sv|antw):\s*)?(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|antwort)|automatische antwort|out of (?:the )?office|abwesen(?:d|heit)|réponse automatique|respuesta automática|risposta automatica)\b/i;
const bounceSenders = /^(?:mailer-daemon|postmaster|mail-daemon|bounces?)(?:[+@-]|$)/i;
const bounceSubjects =
  /(?:undeliver(?:able|ed)|delivery (?:status notification|has failed|failure|incomplete)|mail delivery (?:failed|system)|returned mail|failure notice|unzustellbar|nicht zugestellt|message not delivered)/i;

/** By what the message says of itself (RFC 3834, RFC 3464), then by what programs are known to write. */
export function classify(mail: Email, fromAddress: string): MessageKind {
  const headers = new Map<string, string>();
  for (const header of mail.headers) if (!headers.has(header.key)) headers.set(header.key, header.value.slice(0, 1000).toLowerCase());
  const value = (name: string) => headers.get(name) ?? '';
  if (/^multipart\/report\b/.test(value('content-type')) && /report-type\s*=\s*"?delivery-status/.test(value('content-type'))) return 'bounce';
  const subject = (mail.subject ?? '').slice(0, 500);
  const returnPath = value('return-path').trim();
  if (bounceSenders.test(fromAddress) && (bounceSubjects.test(subject) || returnPath === '<>')) return 'bounce';
  if (/^auto-(?:replied|notified)/.test(value('auto-submitted')) || headers.has('x-autoreply') || headers.has('x-autorespond')) return 'auto_reply';
  if (/auto_reply|auto-reply/.test(value('precedence')) || autoSubjects.test(subject)) return 'auto_reply';
  if (headers.has('list-id') || headers.has('list-unsubscribe') || /bulk|list|junk/.test(value('precedence'))) return 'bulk';
  if (/^auto-generated/.test(value('auto-submitted'))) return 'bulk';
  return 'message';
}
