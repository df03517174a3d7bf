/** The rules by which money moves between payments, credits and invoices. Pure: amounts in minor units of one currency. */

/** An amount to be moved to a document. */
export interface Portion {
  documentId: string;
  amountMinor: bigint;
}

/** A document that can take money, and how much of it was asked for (null: as much as is open). */
export interface Target {
  documentId: string;
  openMinor: bigint;
  askedMinor: bigint | null;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * Spreads what is available over the targets in their order: never more than is open or asked, nothing of zero.
 * A document named twice is counted once, with what was asked for it in total.
 */
export function spread(availableMinor: bigint, targets: readonly Target[]): Portion[] {
  let rest = availableMinor;
  const portions: Portion[] = [];
  for (const target of mergeTargets(targets)) {
    const amountMinor = least(rest, least(target.openMinor, target.askedMinor ?? target.openMinor));
    if (amountMinor <= 0n) continue;
    portions.push({ documentId: target.documentId, amountMinor });
    rest -= amountMinor;
  }
  return portions;
}

function mergeTargets(targets: readonly Target[]): Target[] {
  const byId = new Map<string, Target>();
  for (const target of targets) {
    const before = byId.get(target.documentId);
    const askedMinor = before && before.askedMinor !== null && target.askedMinor !== null ? before.askedMinor + target.askedMinor : null;
    byId.set(target.documentId, before ? { ...before, askedMinor } : target);
  }
  return [...byId.values()];
}

export const total = (portions: readonly { amountMinor: bigint }[]): bigint => portions.reduce((sum, portion) => sum + portion.amountMinor, 0n);

/** An application that was not undone. */
export interface ActiveApplication extends Portion {
  id: string;
}

export interface RefundPlan {
  fromUnappliedMinor: bigint;
  /** Applications to undo whole, newest first. */
  undo: ActiveApplication[];
  /** What the last of them must get back, because only a part of it is refunded. */
  reapply: Portion | null;
}

/**
 * Where a refund comes from: what lies unapplied first, then the newest applications. Null when the payment does not
 * hold that much. `newestFirst` are the payment's active applications.
 */
export function planRefund(unappliedMinor: bigint, newestFirst: readonly ActiveApplication[], amountMinor: bigint): RefundPlan | null {
  const fromUnappliedMinor = least(unappliedMinor, amountMinor);
  let missing = amountMinor - fromUnappliedMinor;
  const undo: ActiveApplication[] = [];
  let reapply: Portion | null = null;
  for (const application of newestFirst) {
    if (missing === 0n) break;
    undo.push(application);
    if (application.amountMinor > missing) {
      reapply = { documentId: application.documentId, amountMinor: application.amountMinor - missing };
      missing = 0n;
    } else missing -= application.amountMinor;
  }
  return missing > 0n ? null : { fromUnappliedMinor, undo, reapply };
}

/** Pays off the oldest due first; equal days in the order of their ids, which is the order of arrival. */
export function oldestFirst<T extends { dueOn: Temporal.PlainDate; id: string }>(documents: readonly T[]): T[] {
  return [...documents].sort((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
