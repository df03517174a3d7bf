/** One field's error inside a problem; `field` is a dotted path into the input. */
export interface FieldError {
  field: string;
  code: string;
  message: string;
}

/** Something we refuse, with a reason for the caller. Rendered as RFC 9457 by `platform/http`. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: FieldError[];
  readonly extra: Record<string, unknown>;

  constructor(status: number, code: string, detail: string, more: { errors?: FieldError[]; extra?: Record<string, unknown> } = {}) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = more.errors ?? [];
    this.extra = more.extra ?? {};
  }
}

/** Foreign and absent ids give the same answer. */
export const notFound = (what: string): Problem => new Problem(404, 'not_found', `There is no such ${what}.`);

export const invalid = (field: string, code: string, message: string): Problem =>
  new Problem(422, 'invalid_input', message, { errors: [{ field, code, message }] });

export const conflict = (code: string, detail: string): Problem => new Problem(409, code, detail);
