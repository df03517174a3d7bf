import type { z } from 'zod';
import type { FieldError } from '../../kernel/problem.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';

type Fields = Record<string, JsonSchema>;

const described = new WeakMap<z.ZodType, JsonSchema>();

function schemaFor(body: z.ZodType): JsonSchema {
  const known = described.get(body);
  if (known) return known;
  const schema = jsonSchemaOf(body, 'input');
  described.set(body, schema);
  return schema;
}

const MAX_NAMED = 20;

/**
 * The fields of a body that its operation does not know, at any depth, each with the names that exist there: a field
 * misspelt would be left out without a word. What is free in the schema (custom attributes) is free here.
 */
export function unknownFields(body: z.ZodType, value: unknown): FieldError[] {
  const root = schemaFor(body);
  const definitions = (root['$defs'] ?? {}) as Fields;
  const errors: FieldError[] = [];

  const visit = (schemas: JsonSchema[], given: unknown, path: string): void => {
    if (errors.length >= MAX_NAMED || typeof given !== 'object' || given === null) return;
    const options = schemas.flatMap(optionsOf);
    if (Array.isArray(given)) {
      const items = options.flatMap((one) => (one['items'] ? [one['items'] as JsonSchema] : []));
      given.forEach((item, at) => {
        visit(items, item, join(path, String(at)));
      });
      return;
    }
    const objects = options.filter((one) => one['type'] === undefined || (one['type'] === 'object' && isOfKind(one, given)));
    const closed = objects.length > 0 && objects.every((one) => one['additionalProperties'] === false);
    const names = [...new Set(objects.flatMap((one) => Object.keys(fieldsOf(one))))];
    for (const [name, inner] of Object.entries(given)) {
      const known = objects.flatMap((one) => (Object.hasOwn(fieldsOf(one), name) ? [fieldsOf(one)[name]!] : restOf(one)));
      if (known.length > 0) visit(known, inner, join(path, name));
      else if (closed)
        errors.push({
          field: join(path, name),
          code: 'unknown_field',
          message: names.length === 0 ? 'Nothing is taken here.' : `It is none of: ${names.join(', ')}.`,
        });
    }
  };

  /** What a choice is between, references followed. */
  const optionsOf = (schema: JsonSchema): JsonSchema[] => {
    const reference = schema['$ref'] as string | undefined;
    if (reference) return optionsOf(reference === '#' ? root : definitions[reference.replace('#/$defs/', '')]!);
    const choice = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;
    return choice ? choice.flatMap(optionsOf) : [schema];
  };

  visit([root], value, '');
  return errors;
}

const join = (path: string, name: string): string => (path === '' ? '' : `${path}.`) + name.slice(0, 50);

const fieldsOf = (schema: JsonSchema): Fields => (schema['properties'] ?? {}) as Fields;

const restOf = ({ additionalProperties: rest }: JsonSchema): JsonSchema[] => (typeof rest === 'object' && rest !== null ? [rest as JsonSchema] : []);

/** False where a field with one fixed value, such as `kind`, says that the object is another option. */
const isOfKind = (schema: JsonSchema, given: object): boolean =>
  Object.entries(fieldsOf(schema)).every(([name, field]) => !('const' in field) || !Object.hasOwn(given, name) || field['const'] === (given as Fields)[name]);
