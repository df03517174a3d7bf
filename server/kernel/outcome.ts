/** The answer of the outside world, returned as a value and never thrown. */
export type Outcome<T, F = Failure> =
  | { kind: 'ok'; value: T }
  /** Final: nothing moved. */
  | { kind: 'declined'; failure: F; value?: T }
  /** Our request was wrong or the set-up is: nothing happened. */
  | { kind: 'rejected'; failure: F }
  /** We do not know: look it up before anything else. */
  | { kind: 'unknown'; reason: 'timeout' | 'connection' | 'http_5xx' | 'malformed' };

export interface Failure {
  code: string;
  message: string;
}
