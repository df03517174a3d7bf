/** A piece of SQL with its bound parameters. `text` holds a NUL where a parameter goes; {@link compile} numbers them. */
export class Sql {
  readonly parts: readonly string[];
  readonly values: readonly unknown[];

  constructor(parts: readonly string[], values: readonly unknown[]) {
    this.parts = parts;
    this.values = values;
  }
}

/** Marks a parameter as jsonb. */
class Json {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/**
 * The one way in which SQL is written: values become bound parameters, nested `sql` fragments are spliced in.
 * `sql\`select * from customer where id = ${id} and ${filter}\``
 */
export function sql(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  const parts: string[] = [strings[0]!];
  const bound: unknown[] = [];
  values.forEach((value, index) => {
    const after = strings[index + 1]!;
    if (value instanceof Sql) {
      parts[parts.length - 1] += value.parts[0]!;
      for (let i = 0; i < value.values.length; i++) {
        bound.push(value.values[i]);
        parts.push(value.parts[i + 1]!);
      }
      parts[parts.length - 1] += after;
    } else {
      bound.push(value);
      parts.push(after);
    }
  });
  return new Sql(parts, bound);
}

/** Text that is SQL itself. Only for words of our own, never for input. */
sql.raw = (text: string): Sql => new Sql([text], []);
sql.empty = new Sql([''], []);
sql.json = (value: unknown): unknown => new Json(value);

sql.join = (fragments: readonly Sql[], separator: string): Sql => {
  if (fragments.length === 0) return sql.empty;
  const parts: string[] = [''];
  const values: unknown[] = [];
  fragments.forEach((fragment, index) => {
    parts[parts.length - 1] += (index > 0 ? separator : '') + fragment.parts[0]!;
    for (let i = 0; i < fragment.values.length; i++) {
      values.push(fragment.values[i]);
      parts.push(fragment.parts[i + 1]!);
    }
  });
  return new Sql(parts, values);
};

/** All of the conditions; "true" when there are none. */
sql.and = (fragments: readonly Sql[]): Sql => (fragments.length === 0 ? sql.raw('true') : sql`(${sql.join(fragments, ' and ')})`);

/** The text with $1, $2 … and the parameters in the driver's form. */
export function compile(query: Sql): { text: string; values: unknown[] } {
  let text = query.parts[0]!;
  for (let i = 1; i < query.parts.length; i++) text += `$${i}${query.parts[i]}`;
  return { text, values: query.values.map(toDriver) };
}

function toDriver(value: unknown): unknown {
  if (value === undefined) throw new TypeError('undefined is not a SQL value: use null');
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? value.toString() : value;
  if (value instanceof Json) return JSON.stringify(value.value, (_, v) => (typeof v === 'bigint' ? v.toString() : v));
  if (Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(toDriver);
  if (value instanceof Temporal.PlainDate || value instanceof Temporal.Instant) return value.toString();
  throw new TypeError('an object is not a SQL value: use sql.json');
}
