/**
 * Named points around every foreign call and every commit near mail and money. Off in production: nobody listens.
 * A crash test arms one name by `PAYORCRM_FAULT=name` (the process dies there, as if the power failed) or, in the same
 * process, by {@link onFault}.
 */
type Listener = (name: string) => void | Promise<void>;

let listener: Listener | null = null;
const armed = process.env['PAYORCRM_FAULT'];

export function onFault(next: Listener | null): void {
  listener = next;
}

export async function fault(name: string): Promise<void> {
  if (armed === name) process.kill(process.pid, 'SIGKILL');
  if (listener) await listener(name);
}
