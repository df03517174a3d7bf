import { readFileSync } from 'node:fs';

/**
 * Named points around every foreign call and every commit near mail and money. Off in production: nobody listens.
 * A crash test arms one name by `PAYORCRM_FAULT=name` (the process dies there, as if the power failed), by
 * `PAYORCRM_FAULT=@file` (the name in the file at that moment), or, in the same process, by {@link onFault}.
 */
type Listener = (name: string) => void | Promise<void>;

let listener: Listener | null = null;
const setting = process.env['PAYORCRM_FAULT'];
const armed = () => (setting?.startsWith('@') ? readFileSync(setting.slice(1), 'utf8') : setting);

export function onFault(next: Listener | null): void {
  listener = next;
}

export async function fault(name: string): Promise<void> {
  if (setting && armed() === name) process.kill(process.pid, 'SIGKILL');
  if (listener) await listener(name);
}
