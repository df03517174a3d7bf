import { setTimeout as pause } from 'node:timers/promises';
import { linksOf, newPayer, type Page, type Payer } from '../support/payer.ts';
import { type Balancer, freePort, type Process } from '../support/processes.ts';
import type { Company } from '../support/server.ts';
import { addPayer, mailsTo, type World } from './world.ts';

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const ways = ['saved', 'saved', 'card', 'bank'] as const;

/** Somebody who was sent an invoice and pays it from the reminder, in their own way, however often the connection breaks. */
export interface Customer {
  company: Company;
  customerId: string;
  number: string;
  address: string;
  way: (typeof ways)[number];
}

export async function crowd(world: World, companies: number, each: number): Promise<{ companies: Company[]; customers: Customer[] }> {
  const made: Company[] = [];
  const customers: Customer[] = [];
  for (let c = 1; c <= companies; c++) {
    const company = await world.company();
    made.push(company);
    for (let n = 1; n <= each; n++) {
      const number = `K${c}-${n}`;
      customers.push({ company, number, way: ways[n % ways.length]!, ...(await addPayer(world, company, number)) });
    }
  }
  return { companies: made, customers };
}

/** A person looks again after this long. */
const PATIENCE_MS = 400;

/** Ends when the customer's payment was taken or is with the bank; or, when `calm()`, without a reminder: false. */
export async function payWhenReminded(world: World, customer: Customer, calm: () => boolean): Promise<boolean> {
  for (;;) {
    const [reminder] = (await mailsTo(world, customer.address)).filter((mail) => !/receipt|confirm/i.test(mail.subject));
    if (reminder) {
      // a broken connection is what this is about: the person opens the mail's link again
      const page = await tryToPay(world, customer, reminder.parsed.html ?? '').catch(() => null);
      if (page && /Payment (successful|submitted)|already paid|bank payment of/i.test(page.text)) return true;
    } else if (calm()) return false;
    await pause(PATIENCE_MS);
  }
}

async function tryToPay(world: World, customer: Customer, html: string): Promise<Page> {
  const payer = newPayer();
  const label = { saved: /ending/, card: /card/i, bank: /bank/i }[customer.way];
  const links = linksOf(html);
  const start = await payer.open((links.find((link) => label.test(link.label)) ?? links.find((link) => /ending/.test(link.label))!).url);
  return customer.way === 'saved' ? bySavedCard(world, customer, payer, start) : byNewMethod(customer.way, payer, start);
}

async function byNewMethod(rail: 'card' | 'bank', payer: Payer, start: Page): Promise<Page> {
  if (!/Pay your invoices|asks .* to pay/.test(start.text)) return start;
  const entry = await payer.press(start, rail === 'card' ? /new card/ : /new bank account/);
  const review = await payer.press(
    entry,
    'Continue',
    rail === 'card'
      ? { number: '4242424242424242', expiry: '12/34', code: '123', holder: 'Ada Payer' }
      : { routing: '110000000', account: '000123456789', holder: 'Ada Payer' },
  );
  return payer.press(review, /^Pay/);
}

async function bySavedCard(world: World, customer: Customer, payer: Payer, start: Page): Promise<Page> {
  const confirmations = async () => (await mailsTo(world, customer.address)).filter((mail) => /confirm/i.test(mail.subject));
  let mail = (await confirmations()).at(-1);
  if (!mail) {
    if (!/ending/.test(start.text)) return start;
    await payer.press(start, /ending/);
    for (let waited = 0; !mail && waited < 15; waited++) {
      await pause(PATIENCE_MS);
      mail = (await confirmations()).at(-1);
    }
  }
  if (!mail) return start;
  const page = await payer.open(linksOf(mail.parsed.html ?? '').find((link) => /confirm|review|pay/i.test(link.label))!.url);
  return /Nothing is charged until you press/.test(page.text) ? payer.press(page, /^Pay/) : page;
}

/** Several processes of a role, each started again as soon as it was killed. */
export interface Fleet {
  killed: number;
  living(): Process[];
  /** Resolves when no more kills are left and every process lives. */
  done: Promise<void>;
}

/**
 * Keeps `size` processes of each role alive and kills them at random moments, `kills` times in all.
 * Most die within `lifeMs` of being ready; one in five lives longer, so that what others left is taken up in between.
 */
export function keepKilling(world: World, balancer: Balancer, options: { size: number; kills: number; lifeMs: number; random: () => number }): Fleet {
  const living = new Set<Process>();
  const fleet: Fleet = { killed: 0, living: () => [...living], done: Promise.resolve() };
  let left = options.kills;

  async function seat(role: 'web' | 'worker'): Promise<void> {
    const port = await freePort();
    for (;;) {
      const process = await world.start(role, { port });
      living.add(process);
      if (role === 'web') balancer.ports.add(port);
      if (left <= 0) return;
      left -= 1;
      await pause(options.random() * options.lifeMs * (options.random() < 0.2 ? 6 : 1));
      if (role === 'web') balancer.ports.delete(port);
      living.delete(process);
      await process.kill();
      fleet.killed += 1;
    }
  }

  fleet.done = Promise.all((['web', 'worker'] as const).flatMap((role) => Array.from({ length: options.size }, () => seat(role)))).then(() => {});
  return fleet;
}
