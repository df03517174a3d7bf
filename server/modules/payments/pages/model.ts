/** What a pay page says, decided from one row and the present moment. Pure. */
import type { Rail } from '../../../gateways/gateway.ts';
import { dateIn, daysBetween } from '../../../kernel/calendar.ts';
import { notExpired } from '../links/links.ts';
import type { PayPageRow } from '../links/queries.ts';

/** Failed payments after which a link takes no more: somebody may be trying out stolen cards. */
export const MAX_FAILURES = 5;

export type Status = 'payable' | 'expired' | 'paid' | 'in_progress' | 'too_many_failures' | 'no_way_to_pay';

export interface PageDocument {
  id: string;
  number: string;
  dueOn: Temporal.PlainDate;
  /** Days past due; negative before. */
  overdueDays: number;
  payableMinor: bigint;
  openMinor: bigint;
}

export interface PageMethod {
  id: string;
  accountId: string;
  rail: Rail;
  brand: string | null;
  last4: string;
}

export interface PageModel {
  row: PayPageRow;
  status: Status;
  documents: PageDocument[];
  totalMinor: bigint;
  /** Saved methods that can be charged now. */
  methods: PageMethod[];
  /** Kinds of methods that can be entered anew. */
  rails: Rail[];
  /** The payment that is under way for one of these invoices. */
  inProgress: PayPageRow['inFlight'][number] | null;
  /** The method of a confirm link, null when it is gone. */
  chosen: PageMethod | null;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export function pageModel(row: PayPageRow, now: Temporal.Instant): PageModel {
  const today = dateIn(row.timezone, now);
  const documents = row.documents
    .map((document): PageDocument => {
      const dueOn = Temporal.PlainDate.from(document.dueOn);
      const openMinor = document.state === 'open' ? BigInt(document.openMinor) : 0n;
      return {
        id: document.id,
        number: document.number,
        dueOn,
        overdueDays: daysBetween(dueOn, today),
        payableMinor: least(openMinor, BigInt(document.linkMinor)),
        openMinor,
      };
    })
    .filter((document) => document.payableMinor > 0n);
  const methods = row.methods.filter(
    (method) => notExpired(method, today) && row.accounts.some((account) => account.id === method.accountId && account.rails.includes(method.rail)),
  );
  const rails = (['card', 'bank'] as const).filter((rail) => row.accounts.some((account) => account.rails.includes(rail)));
  const inProgress = row.inFlight[0] ?? null;
  return {
    row,
    documents,
    totalMinor: documents.reduce((sum, document) => sum + document.payableMinor, 0n),
    methods,
    rails,
    inProgress,
    chosen: methods.find((method) => method.id === row.methodId) ?? null,
    status: statusOf(row, documents.length > 0, inProgress !== null, rails.length > 0, now),
  };
}

function statusOf(row: PayPageRow, anyOpen: boolean, inProgress: boolean, anyWay: boolean, now: Temporal.Instant): Status {
  if (!anyOpen) return 'paid';
  // what is under way is told even on an old link: it keeps people from paying twice
  if (inProgress) return 'in_progress';
  if (row.revokedAt !== null || Temporal.Instant.compare(Temporal.Instant.from(row.expiresAt), now) <= 0) return 'expired';
  if (row.failures >= MAX_FAILURES) return 'too_many_failures';
  return anyWay ? 'payable' : 'no_way_to_pay';
}

/** `a***@example.com`: enough to know the mailbox, not enough to learn an address. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 1 ? '***' : `${address[0]}***${address.slice(at)}`;
}

export function dueWords(overdueDays: number): string {
  if (overdueDays === 0) return 'due today';
  const days = Math.abs(overdueDays);
  const unit = days === 1 ? 'day' : 'days';
  return overdueDays > 0 ? `${days} ${unit} overdue` : `due in ${days} ${unit}`;
}

export const methodName = (method: { rail: Rail; brand: string | null; last4: string }): string =>
  method.rail === 'card' ? `${method.brand ?? 'card'} ending ${method.last4}` : `bank account ending ${method.last4}`;
