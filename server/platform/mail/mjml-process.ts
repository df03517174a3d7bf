/**
 * The compiler's process: takes MJML, answers HTML. It has no settings, no secrets and no database, and ends when
 * nobody has asked for a while or its parent is gone.
 */
import { mjmlToHtml } from './mjml.ts';

const IDLE_MS = 30_000;
const idle = setTimeout(() => process.exit(0), IDLE_MS);

process.on('message', (message: { id: number; source: string }) => {
  idle.refresh();
  void mjmlToHtml(message.source)
    .then((html) => process.send!({ id: message.id, html }))
    .catch((error: Error) => process.send!({ id: message.id, error: error.message.slice(0, 1000) }));
});
process.on('disconnect', () => process.exit(0));
