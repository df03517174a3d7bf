import type { Context, Work } from '../../../platform/context.ts';
import { escapeHtml, Html, renderMail } from '../../../platform/mail/template.ts';
import { findStaffUser, inviteUrl, issueInviteToken, issuePasswordResetToken, passwordResetUrl } from '../../identity/index.ts';
import { Problem } from '../../../kernel/problem.ts';
import type { TemplateKind } from '../../templates/index.ts';
import { type AttachmentWishes, wantsAttachments } from '../attachments.ts';
import { buttonBlock } from '../blocks.ts';
import type { AlarmPayload } from '../commands/alarm.ts';
import type { ClaimedEmail } from '../queries.ts';
import { previewAttachments, type PreviewInput, previewText, storedText } from './preview.ts';
import { systemTemplate } from './bodies.ts';
import { baseValues, type MailFrame, oneByOne, type Prepared, simpleMail } from './renderer.ts';

const RESET_WORDS = '30 minutes from when this mail was sent';
const INVITE_WORDS = 'seven days from when this mail was sent';

/** A mail with one button; its token is made here and stands nowhere else. */
async function linkMail(ctx: Context, mail: ClaimedEmail, frame: MailFrame, which: 'password_reset' | 'invite'): Promise<Prepared> {
  const user = await findStaffUser(ctx, mail.payload.userId!);
  if (!user || user.disabledAt !== null) return { kind: 'withdrawn', reason: 'The account was closed before the mail was sent.' };
  const reset = which === 'password_reset';
  const token = reset ? await issuePasswordResetToken(ctx, user.id) : await issueInviteToken(ctx, user.id);
  const url = reset ? passwordResetUrl(ctx.platform, token) : inviteUrl(ctx.platform, token);
  const rendered = renderMail(`system:${which}`, systemTemplate(which), {
    ...baseValues(frame, mail.kind, null),
    user_name: user.name,
    user_email: user.email,
    expires: reset ? RESET_WORDS : INVITE_WORDS,
    action: buttonBlock([{ label: reset ? 'Set a new password' : 'Choose a password', url, rail: 'any' }], frame.style),
  });
  return simpleMail(rendered, [token]);
}

export const renderPasswordResets = oneByOne((ctx, mail, frame) => linkMail(ctx, mail, frame, 'password_reset'));
export const renderInvites = oneByOne((ctx, mail, frame) => linkMail(ctx, mail, frame, 'invite'));

/** Something that administrators must know: the lines and the page were fixed when it happened. */
export const renderAlarms = oneByOne(async (ctx, mail, frame) => {
  const { userId, alarm } = mail.payload as AlarmPayload;
  const user = await findStaffUser(ctx, userId);
  if (!user || user.disabledAt !== null) return { kind: 'withdrawn', reason: 'The account was closed before the mail was sent.' };
  const rendered = renderMail('system:alarm', systemTemplate('alarm'), {
    ...baseValues(frame, mail.kind, null),
    user_name: user.name,
    alarm_subject: alarm.subject,
    alarm_lines: {
      html: new Html(alarm.lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')),
      text: alarm.lines.join('\n\n'),
    },
    action: buttonBlock([{ label: alarm.action.label, url: `${ctx.platform.config.publicUrl}/app${alarm.action.path}`, rail: 'any' }], frame.style),
  });
  return simpleMail(rendered, []);
});

/** A text that was not saved yet travels with the mail, compiled, with the merge tags still in it. */
interface DraftPayload {
  kind: TemplateKind;
  subject: string;
  html: string;
  text: string;
  language: string | null;
  spoken?: string | null;
  single: boolean;
  attach?: AttachmentWishes;
}

const draftInput = (draft: DraftPayload, { payload }: ClaimedEmail): PreviewInput => ({
  kind: draft.kind,
  compiled: draft,
  language: draft.language,
  ...(draft.spoken ? { spoken: draft.spoken } : {}),
  customerId: payload.customerId ?? null,
  ...(payload.documentIds ? { documentIds: payload.documentIds } : {}),
  single: draft.single,
});

/** A template as a customer would get it, sent to a colleague: its links lead nowhere and it counts nowhere. */
export const renderTests = oneByOne(async (ctx, mail): Promise<Prepared> => {
  const customerId = mail.payload.customerId ?? null;
  const draft = mail.payload['draft'] as DraftPayload | undefined;
  try {
    const stored = draft
      ? { input: draftInput(draft, mail), attach: draft.attach }
      : mail.templateId
        ? await storedText(ctx, mail.templateId, customerId)
        : null;
    if (!stored) return { kind: 'failed', reason: 'The template of this mail does not exist any more.' };
    const { rendered } = await previewText(ctx, stored.input);
    const { input, attach } = stored;
    return {
      ...simpleMail({ ...rendered, subject: `[Test] ${rendered.subject}` }, []),
      ...(input.kind === 'reminder' && attach && wantsAttachments(attach) ? { attach: (work: Work) => previewAttachments(work, input, attach) } : {}),
    };
  } catch (error) {
    if (error instanceof Problem) return { kind: 'failed', reason: error.message };
    throw error;
  }
});
