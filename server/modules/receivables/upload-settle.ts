/**
 * The source system's balance against what we know ourselves. Pure; amounts are whole minor units.
 *
 * A payment taken here is provisional until the source system has counted it: until a later balance has dropped by at
 * least its amount. Until then it stays on top of the uploaded balance. When both together are more than the invoice,
 * the surplus of our payment comes off and lies unapplied. What we undid after the source system had counted it is a
 * negative provisional amount, and counts as confirmed when the balance has risen again.
 */
export interface Provisional {
  id: string;
  /** Positive: lowers the open amount. */
  amountMinor: number;
  /** Only what we applied ourselves can come off again. */
  undoable: boolean;
}

export interface Balance {
  /** Amount and later charges. */
  totalMinor: number;
  openMinor: number;
}

export interface Settlement {
  chargeMinor: number;
  openMinor: number;
  /** Goes into the books as applied (or, negative, taken back) by the source system. */
  sourceMinor: number;
  confirmed: string[];
  /** Comes off, newest first; `keepMinor` of it is applied again. */
  undone: { id: string; amountMinor: number; keepMinor: number }[];
}

export interface SourceWord {
  amountMinor: number;
  /** Undefined: the source system does not say. */
  balanceMinor: number | undefined;
  isVoid: boolean;
}

/** A document that is new here. */
export function settleNew(word: SourceWord): { chargeMinor: number; openMinor: number; sourceMinor: number } {
  const balance = word.isVoid ? 0 : (word.balanceMinor ?? word.amountMinor);
  const chargeMinor = Math.max(0, balance - word.amountMinor);
  return { chargeMinor, openMinor: balance, sourceMinor: word.amountMinor + chargeMinor - balance };
}

/** A document that is here already; `provisional` oldest first, `chargeMinor` its present later charges. */
export function settle(word: SourceWord, now: Balance & { chargeMinor: number }, provisional: readonly Provisional[]): Settlement {
  const waiting = provisional.reduce((sum, p) => sum + p.amountMinor, 0);
  const known = now.totalMinor - now.openMinor - waiting;
  // charges that were added once stay part of the invoice while they are paid, until the amount itself is another
  const charged = now.totalMinor - now.chargeMinor === word.amountMinor ? now.chargeMinor : 0;
  const chargeMinor = word.isVoid || word.balanceMinor === undefined ? now.chargeMinor : Math.max(charged, word.balanceMinor - word.amountMinor);
  const totalMinor = word.amountMinor + chargeMinor;
  const silent = word.balanceMinor === undefined && !word.isVoid;
  // with nothing said, what the source system had counted before still counts
  const balance = word.isVoid ? 0 : (word.balanceMinor ?? Math.max(0, totalMinor - known));
  const confirmed = silent || word.isVoid ? new Set<string>() : confirmedBy(now.totalMinor - known - balance, provisional);
  let open = balance;
  const standing: Provisional[] = [];
  for (const p of provisional)
    if (!confirmed.has(p.id)) {
      open -= p.amountMinor;
      standing.push(p);
    }
  // taken back here, and the source system's balance leaves no room for it: it must have counted it
  for (const p of standing)
    if (open > totalMinor && p.amountMinor < 0) {
      open += p.amountMinor;
      confirmed.add(p.id);
    }
  const undone = takeOff(
    word.isVoid ? Number.POSITIVE_INFINITY : -open,
    standing.filter((p) => !confirmed.has(p.id)),
  );
  for (const u of undone) open += u.amountMinor - u.keepMinor;
  open = word.isVoid ? 0 : Math.min(Math.max(open, 0), totalMinor);
  const applied = now.totalMinor - now.openMinor - undone.reduce((sum, u) => sum + u.amountMinor - u.keepMinor, 0);
  return { chargeMinor, openMinor: open, sourceMinor: totalMinor - open - applied, confirmed: [...confirmed], undone };
}

/** Which provisional amounts a balance that has dropped by `drop` accounts for, oldest first. */
function confirmedBy(drop: number, provisional: readonly Provisional[]): Set<string> {
  const confirmed = new Set<string>();
  let rest = drop;
  for (const p of provisional) {
    const counted = p.amountMinor > 0 ? rest >= p.amountMinor : rest <= p.amountMinor;
    if (!counted) continue;
    confirmed.add(p.id);
    rest -= p.amountMinor;
  }
  return confirmed;
}

function takeOff(surplus: number, standing: readonly Provisional[]): Settlement['undone'] {
  const undone: Settlement['undone'] = [];
  let rest = surplus;
  for (const p of standing.toReversed()) {
    if (rest <= 0) break;
    if (!p.undoable || p.amountMinor <= 0) continue;
    const off = Math.min(rest, p.amountMinor);
    undone.push({ id: p.id, amountMinor: p.amountMinor, keepMinor: p.amountMinor - off });
    rest -= off;
  }
  return undone;
}
