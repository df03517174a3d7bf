import { z } from 'zod';
import { newId } from '../../../kernel/ids.ts';
import { invalid, notFound } from '../../../kernel/problem.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema } from '../../../platform/http/schemas.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { lint } from '../../../platform/mail/template.ts';
import { readTemplate } from '../../templates/index.ts';
import { queueEmails } from '../commands/queue-emails.ts';
import { previewTemplate } from '../renderers/preview.ts';

const findingSchema = z.object({ severity: z.enum(['error', 'warning']), message: z.string() });
const content = {
  subject: z.string().min(1).max(500),
  body: z.string().min(1).max(500_000).meta({ description: 'HTML with merge tags' }),
};
const tag = 'Templates';
const params = z.object({ id: idSchema });

const previewSchema = z.object({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  customerId: idSchema.nullable().meta({ description: 'the customer whose data it shows; null for an invented one' }),
  findings: z.array(findingSchema),
});

const preview = endpoint({
  method: 'post',
  path: '/v1/templates/preview',
  permission: 'correspondence.read',
  tag,
  summary: 'See a draft as a customer would',
  description:
    'Fills the draft for the customer given, else for the one with most open invoices. Links lead nowhere. `findings` says what to mend; with an error in it, `html` is empty.',
  body: z.strictObject({ ...content, customerId: idSchema.nullable().default(null) }),
  response: previewSchema,
  handler: async (ctx, { body: { customerId, ...draft } }) => {
    const findings = lint(draft);
    if (findings.some((finding) => finding.severity === 'error')) return { subject: draft.subject, html: '', text: '', customerId, findings };
    const shown = (await previewTemplate(ctx, { templateId: null, customerId, draft }))!;
    return { subject: shown.rendered.subject, html: shown.rendered.html, text: shown.rendered.text, customerId: shown.customerId, findings };
  },
});

const testTemplate = endpoint({
  method: 'post',
  path: '/v1/templates/{id}/test',
  permission: 'correspondence.write',
  tag,
  summary: 'Send a template to an address, to look at it',
  status: 202,
  params,
  body: z.strictObject({ to: z.string().max(254), customerId: idSchema.nullable().default(null) }),
  response: z.object({ emailId: idSchema }),
  handler: async (ctx, { params: { id }, body }) => {
    const row = await readTemplate(ctx, id);
    if (!row) throw notFound('template');
    const to = plainAddress(body.to.trim().toLowerCase());
    if (to === null) throw invalid('to', 'invalid_email', 'Write one e-mail address, such as you@example.com.');
    const emailId = newId();
    await queueEmails(ctx, [
      {
        id: emailId,
        dedupeKey: `test:${emailId}`,
        kind: 'test',
        templateId: id,
        toAddress: to,
        payload: body.customerId ? { customerId: body.customerId } : {},
      },
    ]);
    return { emailId };
  },
});

export const previewEndpoints: Endpoint[] = [preview, testTemplate];
