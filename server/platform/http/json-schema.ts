import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/**
 * A schema as JSON Schema. Of what is asked for, an object that names its fields takes no others, as an answer has no others;
 * one that is free (`z.looseObject`, `z.record`) stays free.
 */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      delete (jsonSchema as { id?: string }).id;
      if (jsonSchema.type === 'object' && jsonSchema.properties) jsonSchema.additionalProperties ??= false;
    },
  }) as JsonSchema;
  return rest;
}
