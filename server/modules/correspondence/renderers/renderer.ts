import type { Context, Work } from '../../../platform/context.ts';
import { headerText, plainAddress } from '../../../platform/mail/address.ts';
import type { MergeValues, RenderedMail } from '../../../platform/mail/template.ts';
import { getSettings, type Settings } from '../../tenants/index.ts';
import type { MailFile } from '../attachments.ts';
import { accentTextOf, type BlockStyle, dateText } from '../blocks.ts';
import { type EmailKind, kindRules } from '../email.ts';
import { type MailLinks, mailLinks } from '../links.ts';
import type { ClaimedEmail } from '../queries.ts';
import { wordsOf, wordValues } from '../words/words.ts';

/** Bytes of all attachments of a mail: with their encoding it stays below what mail servers take (20 MB is common). */
export const MAX_ATTACHED = 10_000_000;

/** A mail ready to be handed over, or why it is not sent. */
export type Prepared =
  | {
      kind: 'mail';
      rendered: RenderedMail;
      /** Tokens in it, which the stored copy must not hold. */
      secrets: string[];
      unsubscribeUrl: string | null;
      attachments: MailFile[];
      /**
       * The second step: attachments that take time or memory, made one mail after the other before it is handed over and
       * outside the claiming transaction. What it throws holds this mail with that reason. Bounded by {@link MAX_ATTACHED}.
       */
      attach?: (work: Work) => Promise<MailFile[]>;
      /** What it lists, with what was open. */
      listed: { documentId: string; openMinor: bigint }[];
      cc: string[];
      /** Of a mail that a person writes in a conversation. */
      answering?: { inReplyTo: string | null; references: string[]; personal: true };
    }
  | { kind: 'withdrawn'; reason: string }
  | { kind: 'failed'; reason: string };

/** Renders all mails of one kind of a batch. Runs in the claiming transaction, so what it reads is what is true then. */
export type Renderer = (ctx: Context, mails: readonly ClaimedEmail[], frame: MailFrame) => Promise<Map<string, Prepared>>;

/** What all mails of a company have in common; read once for a batch. */
export interface MailFrame {
  settings: Settings;
  from: { name: string; address: string };
  replyTo: string | null;
  style: BlockStyle;
  sellerName: string;
  /** Where pictures of ours are. */
  publicUrl: string;
  today: Temporal.PlainDate;
}

/** With no address set, mail comes from the host that people reach us under; a host without a domain cannot send. */
function defaultFrom(publicUrl: string): string {
  return plainAddress(`billing@${new URL(publicUrl).hostname}`) ?? 'billing@localhost.localdomain';
}

export async function readFrame(ctx: Context): Promise<MailFrame> {
  const settings = await getSettings(ctx);
  const { accent } = settings.branding;
  return {
    settings,
    from: { name: headerText(settings.mail.fromName ?? ctx.tenant.name), address: settings.mail.fromAddress ?? defaultFrom(ctx.platform.config.publicUrl) },
    replyTo: settings.mail.replyTo ?? settings.branding.supportEmail,
    style: { accent, accentText: accentTextOf(accent), locale: ctx.tenant.locale },
    sellerName: ctx.tenant.name,
    publicUrl: ctx.platform.config.publicUrl,
    today: ctx.clock.today(),
  };
}

/** The values of the layout, for every kind. */
export function baseValues(frame: MailFrame, kind: EmailKind, links: MailLinks | null): MergeValues {
  const { branding, mail } = frame.settings;
  const rules = kindRules[kind];
  return {
    lang: frame.style.locale,
    preheader: null,
    seller_name: frame.sellerName,
    seller_address:
      branding.address
        .trim()
        .split(/\s*\n\s*/)
        .join(', ') || null,
    seller_phone: branding.phone || null,
    seller_email: branding.supportEmail,
    logo_url: branding.logoUrl,
    app_url: frame.publicUrl,
    accent: frame.style.accent,
    accent_text: frame.style.accentText,
    today: dateText(frame.today, frame.style.locale),
    why: (kind === 'reminder' || kind === 'statement') && frame.style.words ? frame.style.words.why[kind] : rules.why,
    ...wordValues(frame.style.words ?? wordsOf('en')),
    paid_url: rules.asksForMoney && links ? links.paidUrl : null,
    wrong_person_url: rules.asksForMoney && links ? links.wrongPersonUrl : null,
    unsubscribe_url: rules.optional && links ? links.unsubscribeUrl : null,
    pixel_url: mail.trackOpens && links && !rules.toStaff ? links.pixelUrl : null,
    first_name: null,
    last_name: null,
    customer_company_name: null,
  };
}

export const linksOf = (ctx: Context, emailId: string): MailLinks => mailLinks(ctx.platform, ctx.tenant.id, emailId);

/** A mail without a list, attachment or opt-out. */
export function simpleMail(rendered: RenderedMail, secrets: string[]): Prepared {
  return { kind: 'mail', rendered, secrets, unsubscribeUrl: null, attachments: [], listed: [], cc: [] };
}

/** One after the other, for kinds of which a batch holds few. */
export function oneByOne(render: (ctx: Context, mail: ClaimedEmail, frame: MailFrame) => Promise<Prepared>): Renderer {
  return async (ctx, mails, frame) => {
    const prepared = new Map<string, Prepared>();
    for (const mail of mails) prepared.set(mail.id, await render(ctx, mail, frame));
    return prepared;
  };
}

/** "31 Mar 2026, 14:30 EDT" in the company's zone. */
export function momentText(ctx: Context, at: Temporal.Instant): string {
  return at
    .toZonedDateTimeISO(ctx.tenant.timezone)
    .toLocaleString(ctx.tenant.locale, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
}
