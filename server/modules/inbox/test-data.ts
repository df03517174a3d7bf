import type { Context } from '../../platform/context.ts';
import type { ImapServer } from '../../../tests/support/dovecot.ts';
import { writeSecret } from '../tenants/index.ts';
import { PASSWORD_SECRET } from './commands/fetch.ts';
import { type AccountValues, putAccount } from './queries.ts';

/** The company reads this mailbox of the tests' server. */
export async function seedAccount(ctx: Context, server: ImapServer, user: string, values: Partial<AccountValues> = {}): Promise<void> {
  await putAccount(ctx, {
    host: 'localhost',
    port: server.tlsPort,
    username: user,
    tls: 'always',
    secure: true,
    folder: 'INBOX',
    monthsBack: 3,
    excludedDomains: [],
    active: true,
    ...values,
  });
  await writeSecret(ctx, PASSWORD_SECRET, server.password);
}

export interface MailParts {
  from?: string;
  to?: string;
  cc?: string;
  subject?: string;
  id?: string;
  inReplyTo?: string;
  references?: string;
  date?: string;
  headers?: string;
  text?: string;
  /** Replaces text, with its Content-Type in `headers`. */
  body?: string;
}

let count = 0;

/** A message as a mail program writes it. */
export function mailOf(parts: MailParts = {}): Buffer {
  count += 1;
  const lines = [
    `From: ${parts.from ?? 'Ana Torres <ap@tailspin.test>'}`,
    `To: ${parts.to ?? 'billing@northwind.test'}`,
    ...(parts.cc ? [`Cc: ${parts.cc}`] : []),
    `Subject: ${parts.subject ?? 'Re: Invoices'}`,
    `Message-ID: ${parts.id ?? `<m${count}.${process.pid}@tailspin.test>`}`,
    ...(parts.inReplyTo ? [`In-Reply-To: ${parts.inReplyTo}`] : []),
    ...(parts.references ? [`References: ${parts.references}`] : []),
    `Date: ${parts.date ?? 'Mon, 02 Mar 2026 14:00:00 +0000'}`,
    'MIME-Version: 1.0',
    ...(parts.headers ? [parts.headers] : parts.body === undefined ? ['Content-Type: text/plain; charset=utf-8'] : []),
    '',
    parts.body ?? parts.text ?? 'We will pay next week.',
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'utf8');
}

/** A delivery report as RFC 3464 has it. */
export function reportOf(parts: { originalId: string; recipient: string; status: string; diagnostic?: string; action?: string }): Buffer {
  const block = (type: string, body: string) => `--report\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`;
  return mailOf({
    from: 'Mail Delivery System <MAILER-DAEMON@mx.tailspin.test>',
    subject: 'Undelivered Mail Returned to Sender',
    headers: 'Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary="report"',
    body: [
      block('text/plain; charset=us-ascii', `I'm sorry to have to inform you that your message could not be delivered to ${parts.recipient}.`),
      block(
        'message/delivery-status',
        `Reporting-MTA: dns; mx.tailspin.test\r\nArrival-Date: Mon, 02 Mar 2026 14:00:00 +0000\r\n\r\nFinal-Recipient: rfc822; ${parts.recipient}\r\nAction: ${parts.action ?? 'failed'}\r\nStatus: ${parts.status}\r\nDiagnostic-Code: smtp; ${parts.diagnostic ?? '550 5.1.1 no such user'}`,
      ),
      block('text/rfc822-headers', `From: billing@northwind.test\r\nTo: ${parts.recipient}\r\nMessage-ID: <${parts.originalId}>\r\nSubject: Invoices`),
      '--report--',
    ].join(''),
  });
}
