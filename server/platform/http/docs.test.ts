import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { docsPages } from './docs.ts';
import { endpoint } from './endpoint.ts';
import { openApiOf } from './openapi.ts';
import type { HttpEnv } from './server.ts';

const thing = z.object({ id: z.string(), colour: z.enum(['red', 'blue']).nullable() }).meta({ id: 'Thing' });
const row = z.looseObject({ number: z.string().meta({ description: 'What it is called' }) }).meta({ id: 'Row' });
const draft = z.object({ thing, colours: z.array(z.string()).default([]) }).meta({ id: 'Draft' });
const about = { permission: 'signed-in', tag: 'Things' } as const;
const endpoints = [
  endpoint({
    ...about,
    method: 'get',
    path: '/v1/things',
    summary: 'List things',
    response: z.object({ items: z.array(thing) }),
    handler: async () => ({ items: [] }),
  }),
  endpoint({
    ...about,
    method: 'post',
    path: '/v1/rows',
    summary: 'Send rows',
    raw: true,
    raws: { takes: { types: ['application/json'], schema: z.union([z.array(row), row]) }, refusals: { 413: 'More than a request may have.' } },
    response: thing,
    example: { request: [{ number: 'N-1' }] },
    handler: async () => new Response(),
  }),
  endpoint({
    ...about,
    method: 'post',
    path: '/v1/drafts',
    summary: 'Keep a draft',
    body: z.object({ draft, custom: z.record(z.string(), z.unknown()).optional() }),
    response: draft,
    handler: async (_, { body }) => body.draft,
  }),
  endpoint({
    ...about,
    method: 'get',
    path: '/v1/file',
    summary: 'Fetch a file',
    raw: true,
    raws: { gives: ['application/pdf'] },
    handler: async () => new Response(),
  }),
];

test('the API page names every field, also of named objects and of bodies that are read as a stream, and its links lead somewhere', async () => {
  const app = new Hono<HttpEnv>();
  docsPages(app, () => openApiOf(endpoints, '1'));
  const page = await (await app.request('/docs')).text();
  const section = (id: string) => page.slice(page.indexOf(`<section id="${id}"`)).split('</section>')[0]!;
  expect(section('getV1Things')).toContain('list of <a href="#object-Thing">Thing</a>');
  expect(section('object-Thing')).toContain('&quot;red&quot; | &quot;blue&quot; or null');
  expect(section('postV1Rows')).toMatch(/number[\s\S]*What it is called[\s\S]*N-1[\s\S]*413[\s\S]*More than a request may have/);
  expect(section('getV1File')).toContain('application/pdf');
  const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
  expect(targets.filter((id) => !page.includes(`id="${id}"`))).toEqual([]);
});

test('what is asked for takes no other fields than it names; it shares its name with the answer where both are equal', () => {
  type Schema = { additionalProperties?: unknown; properties: Record<string, Schema>; $ref?: string };
  type Operation = { requestBody: { content: { 'application/json': { schema: Schema } } } };
  const described = openApiOf(endpoints, '1') as { paths: Record<string, { post: Operation }>; components: { schemas: Record<string, Schema> } };
  const { paths, components } = described;
  expect(Object.keys(components.schemas).sort()).toEqual(['Draft', 'DraftInput', 'Problem', 'Row', 'Thing']);
  expect(components.schemas['DraftInput']!.properties['thing']).toEqual({ $ref: '#/components/schemas/Thing' });
  const body = paths['/v1/drafts']!.post.requestBody.content['application/json'].schema;
  expect([body, components.schemas['DraftInput']!, components.schemas['Thing']!].map((one) => one.additionalProperties)).toEqual([false, false, false]);
  expect([body.properties['custom']!, components.schemas['Row']!].map((one) => one.additionalProperties)).toEqual([{}, {}]);
});
