import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../kernel/ids.ts';
import { type Company, caller, startServer, type TestServer } from '../../../../tests/support/server.ts';
import { uploadCustomer, uploadInvoices } from '../../../../tests/support/story.ts';
import { createApiKey } from '../../identity/index.ts';
import { listTemplateRows } from '../../templates/index.ts';
import { messageHtml, messageOf } from './message.ts';

let server: TestServer;
let company: Company;
let collector: Company['call'];
let templateId: string;

beforeAll(async () => {
  server = await startServer({ start: '2026-03-02T15:00:00Z' });
  company = await server.company();
  const key = await company.inTenant((ctx) => createApiKey(ctx, { name: 'Carla', role: 'collector' }));
  collector = caller(server.url, { api_key: key.apiKey, api_secret: key.apiSecret });
  templateId = (await company.inTenant((ctx) => listTemplateRows(ctx, 'reminder')))[0]!.id;
});
beforeEach(() => server.mail.clear());
afterAll(() => server.close());

let count = 0;
async function customer() {
  const number = `H-${++count}`;
  const id = await uploadCustomer(company, number);
  const invoices = await uploadInvoices(company, number, [
    { number: `INV-${number}-1`, amount: '1000.00', dueDate: '2026-02-20' },
    { number: `INV-${number}-2`, amount: '500.00', dueDate: '2026-02-25' },
  ]);
  return { id, number, to: `ap@${number.toLowerCase()}.example`, first: invoices[0]!, second: invoices[1]! };
}
type Customer = Awaited<ReturnType<typeof customer>>;
const draftOf = (who: Customer, more: Record<string, unknown> = {}) => ({ customerId: who.id, invoiceIds: [who.first], templateId, to: who.to, ...more });
const send = (body: unknown, call = company.call) => call('POST', '/v1/reminders/by-hand', body);
const prefill = async (who: Customer) =>
  (await company.call('POST', '/v1/reminders/by-hand/prefill', { customerId: who.id, invoiceIds: [who.first, who.second], templateId })).body;
const mails = async (to?: string) => {
  await server.settle();
  return (await server.mail.messages()).filter((mail) => to === undefined || mail.envelopeTo.includes(to));
};

const pay = (customerId: string, invoiceId: string, amount: string) =>
  company.call('POST', '/v1/payments', {
    customerId,
    amount: { amount, currency: 'USD' },
    method: 'check',
    receivedOn: '2026-03-02',
    applications: [{ invoiceId, amount: { amount, currency: 'USD' } }],
  });

describe('a reminder by hand', () => {
  it('is prefilled by purpose with the words of the template, and the invoices that are open', async () => {
    const who = await customer();
    await company.call('POST', `/v1/customers/${who.id}/contacts`, { email: 'payer@h.example', purposes: ['reminders'] });
    await company.call('POST', `/v1/customers/${who.id}/contacts`, { email: 'copy@h.example', purposes: ['reminders'] });
    const filled = await prefill(who);
    expect(filled).toMatchObject({ to: 'payer@h.example', cc: ['copy@h.example'], warnings: [], invoices: [{ id: who.first }, { id: who.second }] });
    expect(filled.message).toContain('{{invoice_list}}');
    expect(filled.message).not.toContain('--');
    // names, amounts and dates are filled in; only what the mail makes of itself stays a tag
    expect(filled.subject).toBe('Invoices from Northwind Supply: $1,500.00 due');
    expect(filled.message).toContain(`Amount due\n$1,500.00\nDue from: Company ${who.number}`);
    expect(filled.message.match(/\{[{%][^}]*\}\}/g)).toEqual(['{{invoice_list}}', '{{payment_buttons}}']);
    // sent back as they came they are the template's, design and all
    await send(draftOf(who, { to: 'payer@h.example', invoiceIds: [who.first, who.second], subject: filled.subject, message: filled.message }));
    const [mail] = await mails('payer@h.example');
    expect([mail!.subject, mail!.parsed.html]).toEqual([filled.subject, expect.stringContaining('$1,500.00</')]);
  });

  it('shows the invoices of a loop in words, and nothing of the template language', async () => {
    const who = await customer();
    const row = '<li><a href="{{invoice.pdf_url}}">{{invoice.number}}</a>: {{invoice.amount_due}}{% if invoice.days_overdue > 5 %}, late{% endif %}</li>';
    const { body: made } = await company.call('POST', '/v1/templates', {
      name: 'With a loop',
      subject: '{{invoice_count}} open',
      body: `<p>Dear {{first_name}},</p><ul>{% for invoice in invoices %}${row}{% endfor %}</ul>{{payment_buttons}}`,
    });
    const chosen = { customerId: who.id, invoiceIds: [who.first, who.second], templateId: made.id };
    const { subject, message } = (await company.call('POST', '/v1/reminders/by-hand/prefill', chosen)).body;
    expect([subject, message]).toEqual([
      '2 open',
      `Dear Ada,\n\n- INV-${who.number}-1: $1,000.00, late\n- INV-${who.number}-2: $500.00\n\n{{payment_buttons}}`,
    ]);
    // sent back as they came they are the template's, with its links
    await send({ ...chosen, to: who.to, subject, message });
    const [mail] = await mails(who.to);
    expect(mail!.parsed.html).toMatch(new RegExp(`<a href="http[^"]*/t/p/[^"]*"[^>]*>INV-${who.number}-1</a>`));
  });

  it('goes out as the template has it, to whom the person says, and is told like any other mail', async () => {
    const who = await customer();
    const { status, body } = await send(draftOf(who, { to: 'Somebody@Else.example', cc: ['boss@else.example'] }), collector);
    expect(status).toBe(202);
    const [mail] = await mails();
    expect([mail!.envelopeTo.sort(), mail!.parsed.html]).toEqual([
      ['boss@else.example', 'somebody@else.example'],
      expect.stringContaining(`INV-${who.number}-1`),
    ]);
    expect(mail!.parsed.html).not.toContain(`INV-${who.number}-2`);
    expect(mail!.parsed.html).toContain('I already paid');
    expect((await company.call('GET', `/v1/emails/${body.emailId}`)).body).toMatchObject({ kind: 'reminder', state: 'sent', invoices: [{ id: who.first }] });
    const types = (await company.call('GET', `/v1/customers/${who.id}/timeline`)).body.items.map((entry: { type: string }) => entry.type);
    expect(types).toContain('reminder.sent_by_hand');
  });

  it('carries the words and the subject of the person, with their tags filled in and nothing of it taken as HTML', async () => {
    const who = await customer();
    const draft = draftOf(who, {
      subject: 'About {{invoice_number}}',
      message: 'Dear {{first_name}},\nplease pay <b>now</b> & soon.\n\n{{invoice_list}}',
      attach: { statement: true, invoices: true, files: true },
    });
    const preview = (await company.call('POST', '/v1/reminders/by-hand/preview', draft)).body;
    expect(preview.subject).toBe(`About INV-${who.number}-1`);
    const terms = { ...company.headers, 'content-type': 'application/octet-stream' };
    const shared = await fetch(`${server.url}/v1/shared-files?fileName=Terms.txt`, { method: 'POST', headers: terms, body: 'Ten days.' });
    await company.call('POST', `/v1/shared-files/${((await shared.json()) as { id: string }).id}/invoices`, { invoiceIds: [who.first] });
    const { emailId } = (await send(draft)).body;
    const [mail] = await mails();
    expect(mail!.subject).toBe(`About INV-${who.number}-1`);
    expect(mail!.parsed.html).toContain('Dear Ada,<br>please pay &lt;b&gt;now&lt;/b&gt; &amp; soon.');
    expect(mail!.parsed.html).toContain('VIEW PDF');
    expect(mail!.parsed.attachments.map((file) => file.mimeType)).toEqual(['application/pdf', 'application/pdf', 'text/plain']);
    // what went along is told later, and had where it is kept or can be drawn again
    const email = `/v1/emails/${emailId}`;
    const bytesAt = async (path: string) => Buffer.from(await (await fetch(server.url + path, { headers: company.headers })).arrayBuffer());
    const sent = mail!.parsed.attachments.map((file) => Buffer.from(file.content as ArrayBuffer));
    expect((await company.call('GET', email)).body.attachments).toEqual([
      {
        name: 'Open invoices 2026-03-02.pdf',
        contentType: 'application/pdf',
        sizeBytes: sent[0]!.length,
        kept: false,
        again: `${email}/invoice-list`,
      },
      {
        name: `Invoice INV-${who.number}-1.pdf`,
        contentType: 'application/pdf',
        sizeBytes: sent[1]!.length,
        kept: false,
        again: `/v1/invoices/${who.first}/pdf`,
      },
      { name: 'Terms.txt', contentType: 'text/plain', sizeBytes: 9, kept: true, again: null },
    ]);
    expect((await bytesAt(`${email}/attachments/2`)).toString()).toBe('Ten days.');
    expect((await company.call('GET', `${email}/attachments/0`)).status).toBe(404);
    // paid meanwhile: the list says what it said when it went
    await pay(who.id, who.first, '400.00');
    expect((await bytesAt(`${email}/invoice-list`)).equals(sent[0]!)).toBe(true);
    const broken = await send(draftOf(who, { message: 'Dear {{first_name', pass: true }));
    expect([broken.status, broken.body.code]).toEqual([422, 'invalid_template']);
  });

  it('sent twice with one id is one mail', async () => {
    const who = await customer();
    const id = newId();
    for (let i = 0; i < 2; i++) expect((await send(draftOf(who, { id, pass: true }))).body).toEqual({ emailId: id });
    expect(await mails(who.to)).toHaveLength(1);
  });

  it('counts as a contact: rules leave the customer alone, and the next one by hand is warned of it', async () => {
    const who = await customer();
    await send(draftOf(who));
    expect((await prefill(who)).warnings).toMatchObject([{ reason: 'too_soon' }]);
    const again = await send(draftOf(who));
    expect([again.status, again.body.code]).toEqual([409, 'held_back']);
    await company.call('PATCH', '/v1/settings', { reminders: { weeklyCap: 1 } });
    expect((await prefill(who)).warnings.map((warning: { reason: string }) => warning.reason)).toEqual(['too_soon', 'cap_reached']);
    await company.call('PATCH', '/v1/settings', { reminders: { weeklyCap: 5 } });
  });

  it('is warned of after a letter too, as rules are', async () => {
    const who = await customer();
    await server.db.admin.query(
      `insert into letter (tenant_id, id, number, dedupe_key, customer_id, rule_id, run_id, document_ids, written_on)
       select $1, $2, 1, 'letter', $3, id, $2, array[]::uuid[], '2026-03-02' from reminder_rule where tenant_id = $1 limit 1`,
      [company.tenantId, newId(), who.id],
    );
    expect((await prefill(who)).warnings).toMatchObject([
      { reason: 'too_soon', text: 'Written to by letter on Mar 2, 2026; rules leave one day between contacts' },
    ]);
  });

  it('past what stands against it goes by a manager only, and what was passed is recorded', async () => {
    const who = await customer();
    await company.call('POST', '/v1/disputes', { invoiceId: who.first, reason: 'price' });
    await company.call('PUT', `/v1/customers/${who.id}/pause`, { until: '2026-03-20', reason: 'In talks' });
    const { warnings } = await prefill(who);
    expect(warnings).toMatchObject([
      { reason: 'paused', text: 'Reminders to this customer are paused until Mar 20, 2026: In talks' },
      { reason: 'dispute', text: `INV-${who.number}-1: disputed since Mar 2, 2026: Wrong price`, invoiceIds: [who.first] },
    ]);
    expect((await send(draftOf(who))).status).toBe(409);
    expect((await send(draftOf(who, { pass: true }), collector)).status).toBe(403);
    const { body } = await send(draftOf(who, { pass: true }));
    expect(await mails(who.to)).toHaveLength(1);
    const [said] = (await company.call('GET', `/v1/reminders/why?customer=${who.number}&on=2026-03-02`)).body.items;
    expect(said.byHand).toMatchObject([
      {
        emailId: body.emailId,
        sentBy: 'Stories',
        to: who.to,
        state: 'sent',
        invoices: [`INV-${who.number}-1`],
        passed: ['Reminders to the customer are paused', 'The invoices are disputed'],
      },
    ]);
    const rows = await server.db.admin.query('select passed, sent_by from reminder_by_hand where email_id = $1', [body.emailId]);
    expect(rows.rows).toEqual([
      {
        passed: [
          { reason: 'paused', documentIds: [] },
          { reason: 'dispute', documentIds: [who.first] },
        ],
        sent_by: 'Stories',
      },
    ]);
  });

  it('is refused to a suppressed address, for paid invoices and for archived customers', async () => {
    const who = await customer();
    await company.call('POST', '/v1/suppressions', { address: who.to, detail: null });
    expect((await prefill(who)).to).toBeNull();
    expect((await send(draftOf(who))).body.errors[0]).toMatchObject({ field: 'to', code: 'suppressed' });
    expect((await send(draftOf(who, { to: 'not an address' }))).body.errors[0].field).toBe('to');
    await pay(who.id, who.first, '1000.00');
    expect((await send(draftOf(who, { to: 'x@y.example' }))).body.code).toBe('nothing_open');
    await company.call('POST', `/v1/customers/${who.id}/archive`);
    expect((await send(draftOf(who, { to: 'x@y.example', invoiceIds: [who.second] }))).body.code).toBe('customer_archived');
    expect(await mails(who.to)).toEqual([]);
  });
});

describe('the words of a mail', () => {
  it('become paragraphs, with lists and buttons outside of them', () => {
    expect(messageHtml('Hello {{a | default: "x > y"}},\n\n{{invoice_list}} {{payment_buttons}}\n\nBye\nX')).toBe(
      '<p>Hello {{a | default: "x > y"}},</p>\n{{invoice_list}} {{payment_buttons}}\n<p>Bye<br>X</p>',
    );
  });

  it('are those above the foot of a compiled text', () => {
    expect(messageOf('Hello\n\nBye\n\n--\n{{seller_name}}{% if x %}y{% endif %}')).toBe('Hello\n\nBye');
    expect(messageOf('No foot')).toBe('No foot');
  });
});
