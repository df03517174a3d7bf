/** The only source of the present moment. Tests hand in one that travels. */
export interface SystemClock {
  now(): Temporal.Instant;
  /** True when moments are the real ones, so that SQL may use its own. */
  readonly real: boolean;
}

export const realClock: SystemClock = { now: () => Temporal.Now.instant(), real: true };
