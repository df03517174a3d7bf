import { z } from 'zod';
import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid } from '../../../kernel/problem.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { messageIdOf } from '../../../platform/mail/message-id.ts';
import { renderMail } from '../../../platform/mail/template.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { baseValues, momentText, readFrame } from '../renderers/renderer.ts';
import { readRoute } from '../sending/senders.ts';
import { systemTemplate } from '../renderers/bodies.ts';

const testMail = endpoint({
  method: 'post',
  path: '/v1/settings/mail/test',
  permission: 'settings.write',
  tag: 'Settings',
  summary: 'Send a test mail now and say what the mail server answered',
  network: true,
  body: z.strictObject({ to: z.string().max(254) }),
  response: z.object({ delivered: z.boolean(), answer: z.string() }),
  handler: async (work, { body }) => {
    const to = plainAddress(body.to.trim().toLowerCase());
    if (to === null) throw invalid('to', 'invalid_email', 'Write one e-mail address, such as you@example.com.');
    const { frame, route, rendered } = await work.transaction(async (ctx) => {
      const frame = await readFrame(ctx);
      const rendered = renderMail('system:mail_test', systemTemplate('mail_test'), {
        ...baseValues(frame, 'test', null),
        user_name: work.actor.name,
        expires: momentText(ctx, ctx.clock.now()),
      });
      return { frame, rendered, route: await readRoute(ctx) };
    });
    if (!route) throw conflict('no_mail_server', 'No mail server is set. Set one here, or start the server with SMTP_URL.');
    const outcome = await route.sender.send(
      { messageId: messageIdOf(newId(), frame.from.address), from: frame.from, replyTo: frame.replyTo, to, ...rendered, date: work.platform.clock.now() },
      route.keys,
    );
    return { delivered: outcome.kind === 'sent', answer: outcome.answer };
  },
});

export const settingEndpoints: Endpoint[] = [testMail];
