export interface FieldError {
  field: string;
  code: string;
  message: string;
}

/** A refusal of the API (RFC 9457), or its fault with a reference to quote. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: FieldError[];
  readonly reference: string | null;

  constructor(status: number, body: { code?: string; title?: string; detail?: string; errors?: FieldError[]; reference?: string } | null) {
    super(body?.detail ?? body?.title ?? `The server answered ${status}.`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = body?.code ?? 'unknown';
    this.errors = body?.errors ?? [];
    this.reference = body?.reference ?? null;
  }

  /** The message for one field, by its dotted path. */
  field(name: string): string | undefined {
    return this.errors.find((error) => error.field === name || error.field.startsWith(`${name}.`))?.message;
  }
}
