import type { Hono } from 'hono';
import { html, raw } from 'hono/html';
import { meanings, type Permission } from '../../kernel/permission.ts';
import type { HttpEnv } from './server.ts';

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security?: unknown[];
  'x-permission'?: Permission;
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: JsonSchema }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}
interface Media {
  schema?: JsonSchema;
  example?: unknown;
}
interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  description?: string;
  format?: string;
  default?: unknown;
  example?: unknown;
}
type Html = ReturnType<typeof html>;

/** The API described for people: one page without scripts, made from the same description that /openapi.json serves. */
export function docsPages(app: Hono<HttpEnv>, openApi: () => Record<string, unknown>): void {
  let description: Record<string, unknown> | null = null;
  let page: string | null = null;
  const get = () => (description ??= openApi());
  app.get('/openapi.json', (c) => c.json(get()));
  app.get('/docs', async (c) => {
    page ??= String(await docsPage(get()));
    c.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'");
    return c.html(page);
  });
}

async function docsPage(openApi: Record<string, unknown>): Promise<Html> {
  const paths = openApi['paths'] as Record<string, Record<string, Operation>>;
  const info = openApi['info'] as { title: string; version: string; description: string };
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const { schemas } = openApi['components'] as { schemas: Record<string, JsonSchema> };
  // what an integrator comes for stands first
  const tags = [...new Set(operations.map(({ operation }) => operation.tags[0]!))].sort(
    (a, b) => Number(b === 'Upload') - Number(a === 'Upload') || a.localeCompare(b),
  );
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${info.title}</title><style>${raw(css)}</style></head>
<body><nav aria-label="Operations"><strong>${info.title}</strong> <span class="muted">${info.version}</span>
${tags.map((tag) => html`<h2>${tag}</h2><ul>${operations.filter(({ operation }) => operation.tags[0] === tag).map(({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`)}</ul>`)}
<h2>Objects</h2><ul>${Object.keys(schemas).map((name) => html`<li><a href="#object-${name}">${name}</a></li>`)}</ul>
</nav><main>
<h1>${info.title}</h1><p>${prose(info.description)}</p><p>The same as data: <a href="/openapi.json">/openapi.json</a></p>
<h2>Upload in one minute</h2>
<pre><code>curl -X POST $PAYORCRM/jsonApi/upload/customers -H "api_key: $KEY" -H "api_secret: $SECRET" \\
  -d '[{"customerno": "C-1001", "companyname": "Blue Harbor Cafe", "emailaddress1": "ap@blueharbor.example"}]'
curl -X POST $PAYORCRM/jsonApi/upload/invoices -H "api_key: $KEY" -H "api_secret: $SECRET" \\
  -d '[{"customerNumber": "C-1001", "invoiceNumber": "INV-1", "invoiceAmount": 1250, "currency": "USD", "dueDate": "2026-12-01"}]'</code></pre>
<h2>Refusals</h2><p>A refusal is a <a href="#object-Problem">Problem</a> (<code>application/problem+json</code>): <code>code</code> for programs, <code>detail</code> for people,
<code>errors</code> by field. Any operation may answer 401 (not signed in, or wrong credentials), 403 (this key may not do that), 404 (not there) and
422 (something in it is not right); what else an operation answers stands with it.</p>
${tags.map((tag) => html`<h2>${tag}</h2>${operations.filter(({ operation }) => operation.tags[0] === tag).map((one) => operationSection(one, schemas))}`)}
<h2>Objects</h2>${Object.entries(schemas).map(([name, schema]) => html`<section id="object-${name}"><h3>${name}</h3>${schema.description ? html`<p>${prose(schema.description)}</p>` : ''}${fields(schema)}</section>`)}
</main></body></html>`;
}

/** Refusals that the head of the page explains once. */
const everywhere = ['401', '403', '404', '422'];

function operationSection({ path, method, operation }: { path: string; method: string; operation: Operation }, schemas: Record<string, JsonSchema>): Html {
  const [status, response] = Object.entries(operation.responses).find(([code]) => code.startsWith('2'))!;
  const refusals = Object.entries(operation.responses).filter(([code]) => !code.startsWith('2') && !everywhere.includes(code));
  return html`<section id="${operation.operationId}"><h3>${operation.summary}</h3>
<p class="path"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>${operation.security ? html` <span class="muted">no sign-in</span>` : ''}${operation['x-permission'] ? html` <span class="muted">for who may ${meanings[operation['x-permission']]}</span>` : ''}</p>
${operation.description ? html`<p>${prose(operation.description)}</p>` : ''}
${operation.parameters?.length ? html`<h4>Parameters</h4><table>${operation.parameters.map((p) => row(p.name, { description: p.description, ...p.schema }, p.required, p.in === 'query' ? '' : p.in))}</table>` : ''}
${operation.requestBody ? html`<h4>Body</h4>${content(operation.requestBody.content, schemas)}` : ''}
<h4>Answer ${status}</h4>${response.content ? content(response.content, {}) : html`<p class="muted">Nothing.</p>`}
${refusals.length > 0 ? html`<h4>Refusals</h4><table>${refusals.map(([code, { description }]) => html`<tr><td><code>${code}</code></td><td colspan="2">${prose(description)}</td></tr>`)}</table>` : ''}
</section>`;
}

/** What goes over the wire: the fields of JSON, or the media types of bytes. Fields of a named object stand in place for what is sent. */
function content(types: Record<string, Media>, sent: Record<string, JsonSchema>): Html {
  const [media] = Object.values(types);
  if (!media?.schema) return html`<p>Bytes: <code>${Object.keys(types).join(', ')}</code></p>`;
  const { schema } = media;
  const one = unwrapped(schema);
  const table = one.$ref ? sent[nameOf(one.$ref)] : one;
  return html`${one.$ref || one !== schema ? html`<p>${typeOf(schema)}</p>` : ''}${table ? fields(table) : ''}${media.example === undefined ? '' : html`<pre><code>${JSON.stringify(media.example, null, 2)}</code></pre>`}`;
}

/** Words between backticks are code. */
const prose = (text: string): Html => html`${text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}`;

const nameOf = (reference: string): string => reference.split('/').at(-1)!;

/** What a list or a choice is about: the first thing in it. */
function unwrapped(schema: JsonSchema): JsonSchema {
  const inner = (schema.type === 'array' ? schema.items : undefined) ?? (schema.anyOf ?? schema.oneOf)?.find((option) => option.type !== 'null');
  return inner ? unwrapped(inner) : schema;
}

const between = (parts: Html[], word: string): Html => html`${parts.map((part, at) => html`${at > 0 ? word : ''}${part}`)}`;

function typeOf(schema: JsonSchema): Html {
  const options = schema.anyOf ?? schema.oneOf;
  if (schema.$ref) return html`<a href="#object-${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`;
  if (options) return between(options.map(typeOf), ' or ');
  if (schema.enum)
    return between(
      schema.enum.map((value) => html`${JSON.stringify(value)}`),
      ' | ',
    );
  if (schema.const !== undefined) return html`${JSON.stringify(schema.const)}`;
  if (schema.type === 'array') return schema.items ? html`list of ${typeOf(schema.items)}` : html`list`;
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'any value');
  return html`${schema.format ? `${type} (${schema.format})` : type}`;
}

function fields(schema: JsonSchema, depth = 0): Html {
  if (!schema.properties) return html`<p>${typeOf(schema)}</p>`;
  return html`<table>${Object.entries(schema.properties).map(
    ([name, property]) => html`${row(name, property, (schema.required ?? []).includes(name))}${nested(property, depth)}`,
  )}</table>`;
}

function nested(property: JsonSchema, depth: number): Html | string {
  const target = unwrapped(property);
  return target.properties && depth < 2 ? html`<tr><td colspan="3" class="nested">${fields(target, depth + 1)}</td></tr>` : '';
}

function row(name: string, schema: JsonSchema, required: boolean, where = ''): Html {
  const words = [
    schema.description,
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
    schema.example === undefined ? '' : `e.g. ${String(schema.example)}`,
  ]
    .filter(Boolean)
    .join('; ');
  return html`<tr><td><code>${name}</code>${required ? html` <b title="required">*</b>` : ''} <span class="muted">${where}</span></td><td>${typeOf(schema)}</td><td>${prose(words)}</td></tr>`;
}

const css = `
:root{color-scheme:light dark;--bg:#fff;--fg:#16181d;--muted:#5c6370;--line:#e4e6eb;--code:#f5f6f8;--accent:#1d4ed8}
@media (prefers-color-scheme:dark){:root{--bg:#101216;--fg:#e8eaee;--muted:#9aa1ad;--line:#2a2e36;--code:#191c22;--accent:#8ab0ff}}
*{box-sizing:border-box}html{scroll-behavior:smooth;scroll-padding-top:16px}
body{margin:0;font:15px/1.55 ui-sans-serif,system-ui,sans-serif;background:var(--bg);color:var(--fg);display:grid;grid-template-columns:280px minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:24px;border-right:1px solid var(--line);font-size:13px}
nav h2{font-size:12px;color:var(--muted);margin:20px 0 4px;font-weight:600}nav ul{list-style:none;margin:0;padding:0}nav a{display:block;padding:3px 0;color:var(--fg);text-decoration:none}nav a:hover{color:var(--accent)}
main{padding:40px 48px;max-width:960px}h1{font-size:28px;margin:0 0 8px}main>h2{margin:48px 0 8px;font-size:20px}h3{font-size:16px;margin:0 0 4px}h4{font-size:12px;color:var(--muted);margin:16px 0 4px}
section{border-top:1px solid var(--line);padding:24px 0}a{color:var(--accent)}.muted{color:var(--muted)}.path{margin:0 0 8px}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:12px 16px;overflow:auto}
.method{font:600 12px ui-monospace,monospace;color:var(--accent)}.method.delete{color:#c2272d}@media (prefers-color-scheme:dark){.method.delete{color:#ff8b8b}}
table{border-collapse:collapse;width:100%;font-size:13px}td{border-top:1px solid var(--line);padding:6px 12px 6px 0;vertical-align:top;overflow-wrap:anywhere}td:first-child{width:34%}td:nth-child(2){width:28%;color:var(--muted)}td.nested{padding:0 0 8px 20px}td b{color:#c2272d}
@media (max-width:800px){body{display:block}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line);max-height:40vh}main{padding:24px 16px}}
`;
