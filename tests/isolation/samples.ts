import { z } from 'zod';
import type { Endpoint } from '../../server/platform/http/endpoint.ts';

type Schema = Record<string, unknown>;

/** Texts whose form a schema asks for in words or by a rule that JSON Schema does not show. */
const byName: Record<string, unknown> = {
  amount: '1.00',
  currency: 'USD',
  email: 'someone@another.example',
  to: 'someone@another.example',
  address: 'someone@another.example',
  fileName: 'terms.txt',
  password: 'a long enough password',
  code: '123456',
  timezone: 'UTC',
  method: 'check',
  gateway: 'demo',
};

/** The simplest value that a schema lets pass; ids in it are `id`. With `full` objects have their optional fields too. */
export function sample(schema: Schema, id: string, name = '', full = false): unknown {
  const given = schema['example'] ?? schema['default'] ?? schema['const'];
  if (given !== undefined) return given;
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  const options = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (options) return sample(options[0]!, id, name, full);
  if (Array.isArray(schema['allOf'])) return Object.assign({}, ...(schema['allOf'] as Schema[]).map((part) => sample(part, id, name, full)));
  switch (schema['type']) {
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
      const names = full ? Object.keys(properties) : ((schema['required'] ?? []) as string[]);
      return Object.fromEntries(names.map((key) => [key, sample(properties[key]!, id, key, full)]));
    }
    case 'array':
      return [sample((schema['items'] ?? { type: 'string' }) as Schema, id, name.replace(/s$/, ''), full)];
    case 'integer':
    case 'number':
      return (schema['minimum'] as number) ?? 1;
    case 'boolean':
      return true;
    default:
      if (schema['format'] === 'uuid') return id;
      if (name in byName) return byName[name];
      if (schema['format'] === 'date') return '2026-03-02';
      if (schema['format'] === 'email') return byName['email'];
      return 'sample'.padEnd((schema['minLength'] as number) ?? 0, '-');
  }
}

export const jsonSchemaOf = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

/** A body that the endpoint's schema lets pass, with `id` wherever an id stands. */
export function bodyOf(endpoint: Endpoint, id: string): unknown {
  if (endpoint.example?.request !== undefined) return withIds(endpoint.example.request, id);
  return endpoint.body ? sample(jsonSchemaOf(endpoint.body), id) : undefined;
}

/** What the endpoint must have after a question mark, with that mark. */
export function queryOf(endpoint: Endpoint): string {
  const values = endpoint.query ? (sample(jsonSchemaOf(endpoint.query), MARK) as Record<string, unknown>) : {};
  const query = new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)])).toString();
  return query && `?${query}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const withIds = (value: unknown, id: string): unknown => {
  if (typeof value === 'string') return UUID.test(value) ? id : value;
  if (Array.isArray(value)) return value.map((item) => withIds(item, id));
  return value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withIds(item, id)])) : value;
};

/** True when a body of the endpoint names something by its id. */
export const namesIds = (endpoint: Endpoint): boolean => JSON.stringify(bodyOf(endpoint, MARK) ?? null).includes(MARK);
const MARK = '00000000-0000-7000-8000-00000000beef';
