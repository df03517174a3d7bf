import type { Context } from '../platform/context.ts';
import { keepMessages, readMessage } from '../modules/inbox/index.ts';
import * as queries from './queries.ts';

interface Answer {
  from: string;
  subject: string;
  text: string;
  hoursAgo: number;
  more?: Record<string, string>;
}

/** What came into the billing mailbox of late: answers to reminders, a question of a stranger, a newsletter. */
export async function seedInbox(ctx: Context): Promise<void> {
  const [paid, away, copy] = await queries.readLastReminders(ctx, 3);
  const answers: Answer[] = [];
  const answer = (mail: queries.AnsweredMail | undefined, text: string, hoursAgo: number, more: Partial<Answer> = {}) => {
    if (!mail) return;
    const quoted = `\r\n\r\n${ctx.tenant.name} wrote:\r\n> ${mail.subject}`;
    answers.push({
      from: `${mail.person} <${mail.to}>`,
      subject: `Re: ${mail.subject}`,
      text: text.replace('NUMBER', mail.number) + quoted,
      hoursAgo,
      more: { 'In-Reply-To': `<${mail.messageId}>` },
      ...more,
    });
  };
  answer(paid, 'Hello,\r\n\r\nNUMBER is in our payment run of this Friday. Sorry for the wait.\r\n\r\nKind regards', 3);
  answer(away, 'I am out of the office until Monday. For urgent matters please write to our accounts team.', 20, {
    subject: 'Automatic reply: out of office',
    more: { 'In-Reply-To': `<${away?.messageId}>`, 'Auto-Submitted': 'auto-replied' },
  });
  answer(copy, 'Could you send us a copy of NUMBER? We cannot find it, and our purchase order number should be on it.', 26);
  answers.push(
    {
      from: 'Ines Kolar <ines.kolar@kolar-bookkeeping.example>',
      subject: 'Open invoices of our client',
      text: 'Good morning,\r\n\r\nwe keep the books for one of your customers. Which invoices are still open?',
      hoursAgo: 5,
    },
    {
      from: 'Packaging News <news@packaging-news.example>',
      subject: 'Cardboard is getting cheaper',
      text: 'This week: prices, mills, and a new standard for labels.',
      hoursAgo: 30,
      more: { 'List-Unsubscribe': '<https://packaging-news.example/stop>' },
    },
  );
  const messages = await Promise.all(answers.map((one, index) => asReceived(ctx, one, index + 1)));
  await keepMessages(ctx, 1n, messages, new Map());
}

async function asReceived(ctx: Context, one: Answer, uid: number) {
  const receivedAt = ctx.clock.now().subtract({ hours: one.hoursAgo });
  const headers = {
    From: one.from,
    To: 'billing@fenwick-vale.example',
    Subject: one.subject,
    'Message-ID': `<demo${uid}@mail.example>`,
    ...one.more,
    'Content-Type': 'text/plain; charset=utf-8',
  };
  const bytes = Buffer.from(
    `${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n${one.text}\r\n`,
  );
  return { ...(await readMessage({ bytes, complete: true })), uid, sizeBytes: bytes.length, receivedAt, seen: false };
}
