import { z } from 'zod';

/** How a call of the API can go wrong, and how its webhook can. */
export const faultKinds = [
  'drop_before',
  'drop_after',
  'error_before',
  'error_after',
  'hang_before',
  'hang_after',
  'truncated_after',
  'rate_limited',
  'webhook_duplicate',
  'webhook_early',
  'webhook_bad_signature',
  'webhook_old',
  'webhook_lost',
] as const;
export type FaultKind = (typeof faultKinds)[number];
export const operationNames = [
  'account',
  'capture',
  'token',
  'customer',
  'save_method',
  'remove_method',
  'charge',
  'cancel',
  'refund',
  'read',
  'recover',
  'poll',
] as const;
export type OperationName = (typeof operationNames)[number];

/** A fault told in advance: the next `times` calls of the operation go wrong. */
export interface InjectedFault {
  operation: OperationName | 'any';
  kind: FaultKind;
  times: number;
}

export const faultSchema = z.object({
  operation: z.enum([...operationNames, 'any']),
  kind: z.enum(faultKinds),
  times: z.number().int().min(1).default(1),
});

/** The faults still to come, first told first used. */
export class FaultQueue {
  readonly #waiting: InjectedFault[] = [];

  inject(fault: InjectedFault): void {
    this.#waiting.push({ ...fault });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  /** The fault of this call, or of its webhook. */
  take(operation: OperationName, of: 'call' | 'webhook'): FaultKind | null {
    const index = this.#waiting.findIndex(
      (fault) => fault.kind.startsWith('webhook_') === (of === 'webhook') && (fault.operation === 'any' || fault.operation === operation),
    );
    if (index < 0) return null;
    const fault = this.#waiting[index]!;
    if (--fault.times <= 0) this.#waiting.splice(index, 1);
    return fault.kind;
  }
}
