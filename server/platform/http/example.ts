import { z } from 'zod';

type Schema = Record<string, unknown>;

/** Values that say what a field is for; the others follow from the schema. */
const byName: Record<string, unknown> = {
  amount: '1250.00',
  currency: 'USD',
  email: 'ada@example.com',
  to: 'ada@example.com',
  address: 'ada@example.com',
  emailAddress: 'ada@example.com',
  password: 'a long enough password',
  code: '123456',
  timezone: 'America/New_York',
  method: 'check',
  gateway: 'demo',
  name: 'Blue Harbor Cafe',
  firstName: 'Ada',
  lastName: 'Miller',
  number: 'INV-1042',
  phone: '+1 212 555 0100',
  reason: 'Agreed by phone',
  subject: 'Invoices from {{company_name}}',
  reference: 'Check 1042',
  domain: 'example.com',
  selector: 'payorcrm',
};

const ID = '019a0000-0000-7000-8000-000000000001';

/** A body that the schema lets pass, with its optional fields where that works; undefined where none was found. */
export function exampleOf(schema: z.ZodType): unknown {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const definitions = (json['$defs'] ?? {}) as Record<string, Schema>;
  return [true, false].map((full) => sample(json, definitions, full)).find((value) => schema.safeParse(value).success);
}

function sample(given: Schema, definitions: Record<string, Schema>, full: boolean, name = ''): unknown {
  const reference = typeof given['$ref'] === 'string' ? definitions[given['$ref'].replace('#/$defs/', '')] : undefined;
  const schema = reference ?? given;
  const stated = schema['example'] ?? schema['const'] ?? schema['default'];
  if (stated !== undefined) return stated;
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  const options = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (options) return sample(options[0]!, definitions, full, name);
  switch (schema['type']) {
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
      const names = full ? Object.keys(properties) : ((schema['required'] ?? []) as string[]);
      return Object.fromEntries(names.map((key) => [key, sample(properties[key]!, definitions, full, key)]));
    }
    case 'array':
      return [sample((schema['items'] ?? { type: 'string' }) as Schema, definitions, full, name.replace(/s$/, ''))];
    case 'integer':
    case 'number':
      return Math.max(1, (schema['minimum'] as number | undefined) ?? 1);
    case 'boolean':
      return true;
    default:
      if (schema['format'] === 'uuid') return ID;
      if (name in byName) return byName[name];
      if (schema['format'] === 'date') return '2026-03-02';
      if (schema['format'] === 'email') return byName['email'];
      return 'text'.padEnd((schema['minLength'] as number | undefined) ?? 0, '.');
  }
}
