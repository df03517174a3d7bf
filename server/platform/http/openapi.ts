import type { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { exampleOf } from './example.ts';
import { jsonSchemaOf } from './json-schema.ts';

/** The OpenAPI 3.1 description of every endpoint that is not hidden; written to openapi.json and served at /openapi.json. */
export function openApiOf(endpoints: readonly Endpoint[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const shown = endpoints.filter((endpoint) => !endpoint.hidden).sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
  for (const endpoint of shown) {
    paths[endpoint.path] ??= {};
    paths[endpoint.path]![endpoint.method] = operationOf(endpoint);
  }
  const schemas: Record<string, unknown> = {};
  const hoisted = hoist(paths, '', schemas);
  const described = oneOfTwins({ paths: hoisted, schemas });
  return {
    openapi: '3.1.0',
    info: {
      title: 'PayorCRM API',
      version,
      description:
        'Upload customers and invoices, read what is owed, and follow reminders and payments. Programs send the headers `api_key` and `api_secret`; keys are made in Settings, API keys. Amounts are decimal strings in major units with their currency; dates are `YYYY-MM-DD`; lists are pages with a cursor; fields and parameters that an operation does not know are refused; refusals follow RFC 9457.',
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [], apiSecret: [] }],
    tags: [...new Set(shown.map((endpoint) => endpoint.tag))].sort().map((name) => ({ name })),
    paths: described.paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'api_key' },
        apiSecret: { type: 'apiKey', in: 'header', name: 'api_secret' },
      },
      schemas: { Problem: problemSchema, ...described.schemas },
    },
  };
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'code', 'message'],
        properties: { field: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/**
 * Moves the named schemas, which zod leaves at each place that uses them, to the components, where the document's
 * references can reach them. What is asked for and what is answered may differ: the former is named `…Input`.
 */
function hoist(node: unknown, suffix: string, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((item) => hoist(item, suffix, schemas));
  if (typeof node !== 'object' || node === null) return node;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === '$defs') for (const [name, schema] of Object.entries(value as object)) schemas[name + suffix] = hoist(schema, suffix, schemas);
    else if (key === '$ref' && typeof value === 'string') result[key] = value.startsWith('#/$defs/') ? componentOf(value.slice(8) + suffix) : value;
    else result[key] = hoist(value, key === 'requestBody' || key === 'parameters' ? ASKED : suffix, schemas);
  }
  return result;
}

const ASKED = 'Input';
const componentOf = (name: string): string => `#/components/schemas/${name}`;

/**
 * What is asked for and answered alike has one name: `MoneyInput` is `Money`, and so is what is only asked for. What differs
 * in anything, also inside, keeps two.
 */
function oneOfTwins<T extends { schemas: Record<string, unknown> }>(described: T): T {
  const { schemas } = described;
  let plain = Object.keys(schemas).flatMap((name) => (name.endsWith(ASKED) ? [name.slice(0, -ASKED.length)] : []));
  const merged = (node: unknown): string =>
    plain.reduce((text, name) => text.replaceAll(`"${componentOf(name + ASKED)}"`, `"${componentOf(name)}"`), JSON.stringify(node));
  // two that name each other are alike only together
  for (let before = -1; before !== plain.length; ) {
    before = plain.length;
    plain = plain.filter((name) => !(name in schemas) || merged(schemas[name]) === merged(schemas[name + ASKED]));
  }
  const one = JSON.parse(merged(described)) as T;
  one.schemas = Object.fromEntries(
    Object.entries(one.schemas).map(([name, schema]) => [
      name.endsWith(ASKED) && plain.includes(name.slice(0, -ASKED.length)) ? name.slice(0, -ASKED.length) : name,
      schema,
    ]),
  );
  return one;
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): unknown[] {
  if (!schema) return [];
  const object = jsonSchemaOf(schema, 'input') as { properties?: Record<string, { description?: string }>; required?: string[] };
  return Object.entries(object.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (object.required ?? []).includes(name),
    ...(property.description ? { description: property.description } : {}),
    schema: property,
  }));
}

function operationOf(endpoint: Endpoint): Record<string, unknown> {
  const parameters = [...parametersOf(endpoint.params, 'path'), ...parametersOf(endpoint.query, 'query')];
  if (endpoint.idempotent)
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      schema: { type: 'string', maxLength: 200 },
      description: 'The same key with the same body is carried out once.',
    });
  const problem = (description: string) => ({ description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } });
  return {
    operationId: operationId(endpoint),
    tags: [endpoint.tag],
    summary: endpoint.summary,
    ...(endpoint.description ? { description: endpoint.description } : {}),
    ...(endpoint.permission === 'public' ? { security: [] } : endpoint.permission === 'signed-in' ? {} : { 'x-permission': endpoint.permission }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...bodyOf(endpoint),
    responses: {
      [endpoint.status]: { description: 'Done.', ...answerOf(endpoint) },
      ...(endpoint.permission === 'public' ? {} : { 401: problem('Not signed in, or wrong credentials.'), 403: problem('Not allowed.') }),
      ...(endpoint.params ? { 404: problem('Not found.') } : {}),
      ...(endpoint.body || endpoint.query ? { 422: problem('A field is not right.') } : {}),
      ...Object.fromEntries(Object.entries(endpoint.raws?.refusals ?? {}).map(([status, words]) => [status, problem(words)])),
    },
  };
}

function bodyOf(endpoint: Endpoint): object {
  const example = endpoint.example?.request ?? (endpoint.body ? exampleOf(endpoint.body) : undefined);
  const json = (schema: z.ZodType) => ({ schema: jsonSchemaOf(schema, 'input'), ...(example === undefined ? {} : { example }) });
  if (endpoint.body) return { requestBody: { required: true, content: { 'application/json': json(endpoint.body) } } };
  const takes = endpoint.raws?.takes;
  if (!takes) return {};
  return { requestBody: { required: true, content: Object.fromEntries(takes.types.map((type) => [type, takes.schema ? json(takes.schema) : {}])) } };
}

function answerOf(endpoint: Endpoint): object {
  const gives = endpoint.raws?.gives;
  if (gives) return { content: Object.fromEntries(gives.map((type) => [type, {}])) };
  if (!endpoint.response || endpoint.status === 204) return {};
  const example = endpoint.example?.response;
  return { content: { 'application/json': { schema: jsonSchemaOf(endpoint.response, 'output'), ...(example === undefined ? {} : { example }) } } };
}

function operationId(endpoint: Endpoint): string {
  const words = endpoint.path
    .replace(/[{}]/g, '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return endpoint.method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}
