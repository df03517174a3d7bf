import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { docsPages } from './docs.ts';
import { endpoint } from './endpoint.ts';
import { openApiOf } from './openapi.ts';
import type { HttpEnv } from './server.ts';

const thing = z.object({ id: z.string(), colour: z.enum(['red', 'blue']).nullable() }).meta({ id: 'Thing' });
const row = z.looseObject({ number: z.string().meta({ description: 'What it is called' }) }).meta({ id: 'Row' });
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
