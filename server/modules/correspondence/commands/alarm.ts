import { mayBeAlarmed } from '../../identity/index.ts';
import type { Context } from '../../../platform/context.ts';
import type { EmailPayload } from '../email.ts';
import { queueEmails } from './queue-emails.ts';

export interface Alarm {
  /** The natural key of what happened: each administrator hears of it once. */
  key: string;
  subject: string;
  /** Paragraphs of plain text. */
  lines: string[];
  /** The page of the staff app that helps; `path` begins with a slash. */
  action: { label: string; path: string };
}

export interface AlarmPayload extends EmailPayload {
  userId: string;
  alarm: Omit<Alarm, 'key'>;
}

/** Mails every administrator who can sign in. Answers how many. */
export async function alarmAdministrators(ctx: Context, { key, ...alarm }: Alarm): Promise<number> {
  const users = await mayBeAlarmed(ctx);
  const payloadOf = (userId: string): AlarmPayload => ({ userId, alarm });
  const ids = await queueEmails(
    ctx,
    users.map((user) => ({ dedupeKey: `alarm:${key}:${user.id}`, kind: 'alarm', toAddress: user.email, payload: payloadOf(user.id) })),
  );
  return ids.length;
}
