import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { newId } from '../../kernel/ids.ts';
import { type Context, systemActor, workFor } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { type Catcher, startCatcher } from '../../platform/mail/catcher.ts';
import { closeMjml } from '../../platform/mail/mjml-compiler.ts';
import { compileTemplate, createTemplate, type TemplateInput } from '../templates/commands/template.ts';
import { recompileStale } from '../templates/index.ts';
import { queueEmails } from './commands/queue-emails.ts';
import { deliverDue } from './sending/deliver.ts';
import { closeSenders } from './sending/senders.ts';
import { type Party, seedParty } from './test-data.ts';

let db: TestDatabase;
let catcher: Catcher;
let tenant: string;

beforeAll(async () => {
  catcher = await startCatcher();
  db = await testDatabase({ config: { smtpUrl: catcher.url } });
});
afterEach(() => catcher.clear());
afterAll(async () => {
  closeMjml();
  await closeSenders();
  await catcher.stop();
  await db.close();
});

const body = '<p>Hello {{first_name}}</p>{{invoice_list}}{{payment_buttons}}';
const input = (more: Partial<TemplateInput> = {}): TemplateInput => ({
  name: 'Ours',
  kind: 'reminder',
  language: 'en',
  subject: 'Several: {{invoice_count}}',
  body,
  design: null,
  cc: [],
  attachments: { statement: false, invoices: false, files: false },
  texts: [],
  ...more,
});
const make = async (more: Partial<TemplateInput>): Promise<string> => {
  const values = await compileTemplate(input(more));
  return db.inTenant(tenant, async (ctx) => (await createTemplate(ctx, values)).id);
};
const party = (options: Parameters<typeof seedParty>[1]) => db.inTenant(tenant, (ctx) => seedParty(ctx, options));
const contact = (customerId: string, email: string, language: string | null) =>
  db.inTenant(tenant, (ctx) =>
    ctx.tx.run(
      sql`insert into contact (tenant_id, id, customer_id, email, language, is_primary) values (${ctx.tenant.id}, ${newId()}, ${customerId}, ${email}, ${language}, false)`,
    ),
  );
const remind = (to: string, who: Party, documentIds = who.invoiceIds) =>
  db.inTenant(tenant, (ctx) =>
    queueEmails(ctx, [
      { dedupeKey: `r:${to}`, kind: 'reminder', customerId: who.customerId, templateId: who.templateId, toAddress: to, payload: { documentIds } },
    ]),
  );
const deliver = () => deliverDue(workFor(db.platform(), tenant, systemActor));
const mailTo = async (to: string) => (await catcher.messages()).find((mail) => mail.envelopeTo.includes(to))!.parsed;
const reasons = async (): Promise<Record<string, string | null>> => {
  const { rows } = await db.admin.query('select to_address, state, reason from outbound_email where tenant_id = $1', [tenant]);
  return Object.fromEntries(rows.map((one) => [one.to_address, one.state === 'sent' ? null : `${one.state}: ${one.reason}`]));
};

describe('texts', () => {
  it('follow the language of the contact and the number of invoices, and fall back', async () => {
    tenant = await db.tenant();
    const templateId = await make({
      texts: [
        { language: 'en', variant: 'one', subject: 'Just {{invoice_number}}', body, design: null },
        { language: 'es', variant: 'any', subject: 'Varias: {{invoice_count}}', body, design: null },
        { language: 'es-mx', variant: 'one', subject: 'Una de México', body, design: null },
      ],
    });
    const who = await party({ templateId, firstName: 'Ana' });
    const one = who.invoiceIds.slice(0, 1);
    const readers = { none: null, es: 'es', mx: 'es-MX', sv: 'sv', de: 'de-AT' };
    for (const [name, language] of Object.entries(readers)) await contact(who.customerId, `${name}@tailspin.test`, language);
    for (const name of Object.keys(readers) as (keyof typeof readers)[]) {
      await remind(`${name}@tailspin.test`, who);
      await contact(who.customerId, `${name}-1@tailspin.test`, readers[name]);
      await remind(`${name}-1@tailspin.test`, who, one);
    }
    expect(await deliver()).toMatchObject({ sent: 10, failed: 0 });
    const subject = async (to: string) => (await mailTo(`${to}@tailspin.test`)).subject;
    expect(await subject('none')).toBe('Several: 2');
    expect(await subject('none-1')).toBe('Just 1042');
    expect(await subject('es')).toBe('Varias: 2');
    // no Spanish text for one invoice: the Spanish one for any, not the English one for one
    expect(await subject('es-1')).toBe('Varias: 1');
    expect(await subject('mx')).toBe('Varias: 2');
    expect(await subject('mx-1')).toBe('Una de México');
    expect(await subject('sv')).toBe('Several: 2');
    expect(await subject('sv-1')).toBe('Just 1042');
    // what we write into the mail by ourselves is in the reader's language, whatever the text is in
    const german = await mailTo('de@tailspin.test');
    expect(german.subject).toBe('Several: 2');
    for (const words of [
      '12 Tage &#252;berf&#228;llig',
      'Offener Betrag gesamt',
      'weil Rechnungen an Sie offen sind',
      '>Ich habe schon bezahlt<',
      '>Das bin ich nicht<',
      '>Weniger Erinnerungen<',
    ])
      expect(german.html).toContain(words);
    expect(german.text).toMatch(/Rechnung 1042: \$\s1\.250,00, 18\. Feb\. 2026/);
    expect(german.text).toContain('Ich habe schon bezahlt: http');
    const spanish = await mailTo('es@tailspin.test');
    expect(spanish.text).toContain('Factura 1042: $1,250.00');
    expect(spanish.text).toContain('vencida hace 12 días');
    expect(spanish.html).toContain('lang="es"');
    expect((await mailTo('sv@tailspin.test')).text).toContain('12 days overdue');
  });
});

describe('a template that fails for one customer', () => {
  it('holds that mail with its reason, and the others go out', async () => {
    tenant = await db.tenant();
    const loop = `{% for invoice in invoices %}${'<a href="{{invoice.pdf_url}}">Look at the invoice</a>'.repeat(40)}{% endfor %}`;
    const templateId = await make({
      subject: '{{first_name}}',
      body: `<p>Look at these:</p>${loop}${loop}`,
    });
    const fine = await party({ templateId, firstName: 'Ana' });
    const many = await party({
      templateId,
      firstName: 'Bo',
      invoices: Array.from({ length: 100 }, (_, n): [string, bigint, string] => [`N${n}`, 100n, '2026-02-18']),
    });
    const nameless = await party({ templateId, firstName: null });
    await remind('fine@tailspin.test', fine);
    await remind('many@tailspin.test', many);
    await remind('nameless@tailspin.test', nameless);
    expect(await deliver()).toMatchObject({ sent: 1, failed: 2 });
    expect(await reasons()).toEqual({
      'fine@tailspin.test': null,
      'many@tailspin.test': expect.stringMatching(
        /^failed: The template cannot be rendered for this customer: (?:The mail would be larger than 1 MB|template render limit)/,
      ),
      'nameless@tailspin.test': 'failed: The subject of the template is empty for this customer.',
    });
  });
});

describe('attachments', () => {
  const share = async (ctx: Context, documentId: string, name: string, bytes: Buffer): Promise<string> => {
    const file = await ctx.platform.files.put(ctx, { name, contentType: 'text/plain', bytes });
    const id = newId();
    await ctx.tx.run(sql`insert into shared_file (tenant_id, id, file_id, name, shared_by) values (${ctx.tenant.id}, ${id}, ${file.id}, ${name}, 'Story')`);
    await ctx.tx.run(sql`insert into document_file (tenant_id, document_id, file_id, linked_by) values (${ctx.tenant.id}, ${documentId}, ${id}, 'Story')`);
    return file.id;
  };

  it('are the list, the papers of the invoices, ours or theirs, and the linked files', async () => {
    tenant = await db.tenant();
    const templateId = await make({ attachments: { statement: true, invoices: true, files: true } });
    const who = await party({ templateId });
    await db.inTenant(tenant, async (ctx) => {
      await share(ctx, who.invoiceIds[0]!, 'Terms.txt', Buffer.from('terms'));
      await share(ctx, who.invoiceIds[1]!, 'Terms.txt', Buffer.from('other terms'));
      const source = await ctx.platform.files.put(ctx, { name: '1042.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.4 from the source') });
      await ctx.tx.run(sql`update document set pdf_file_id = ${source.id} where tenant_id = ${ctx.tenant.id} and id = ${who.invoiceIds[0]!}`);
    });
    await remind('ap@tailspin.test', who);
    expect(await deliver()).toMatchObject({ sent: 1 });
    const { attachments } = await mailTo('ap@tailspin.test');
    const named = Object.fromEntries(attachments.map((one) => [one.filename, Buffer.from(one.content as ArrayBuffer)]));
    expect(Object.keys(named)).toEqual(['Open invoices 2026-03-02.pdf', 'Invoice 1042.pdf', 'Invoice 1043.pdf', 'Terms.txt', 'Terms (2).txt']);
    expect(named['Invoice 1042.pdf']!.toString()).toBe('%PDF-1.4 from the source');
    expect(named['Invoice 1043.pdf']!.subarray(0, 5).toString()).toBe('%PDF-');
    expect(named['Open invoices 2026-03-02.pdf']!.subarray(0, 5).toString()).toBe('%PDF-');
    expect(named['Terms (2).txt']!.toString()).toBe('other terms');
    // named in the language of the reader
    await contact(who.customerId, 'de@tailspin.test', 'de');
    await remind('de@tailspin.test', who, who.invoiceIds.slice(0, 1));
    expect(await deliver()).toMatchObject({ sent: 1 });
    expect((await mailTo('de@tailspin.test')).attachments.map((one) => one.filename)).toEqual([
      'Offene Rechnungen 2026-03-02.pdf',
      'Rechnung 1042.pdf',
      'Terms.txt',
    ]);
  });

  it('are bounded: 25 papers, and no more bytes than mail servers take', { timeout: 60_000 }, async () => {
    tenant = await db.tenant();
    const templateId = await make({ attachments: { statement: false, invoices: true, files: true } });
    const who = await party({ templateId, invoices: Array.from({ length: 30 }, (_, n): [string, bigint, string] => [`N${n}`, 100n, '2026-02-18']) });
    await db.inTenant(tenant, async (ctx) => {
      await share(ctx, who.invoiceIds[0]!, 'large.txt', Buffer.alloc(9_000_000, 'a'));
      await share(ctx, who.invoiceIds[0]!, 'too large.txt', Buffer.alloc(2_000_000, 'b'));
      await share(ctx, who.invoiceIds[0]!, 'small.txt', Buffer.from('small'));
    });
    await remind('ap@tailspin.test', who);
    expect(await deliver()).toMatchObject({ sent: 1 });
    const names = (await mailTo('ap@tailspin.test')).attachments.map((one) => one.filename);
    expect(names.filter((name) => name!.startsWith('Invoice '))).toHaveLength(25);
    expect(names.slice(25)).toEqual(['large.txt', 'small.txt']);
  });

  it('that cannot be made hold that mail, and the others go out', async () => {
    tenant = await db.tenant();
    const templateId = await make({ attachments: { statement: false, invoices: false, files: true } });
    const broken = await party({ templateId });
    const fine = await party({ templateId });
    await db.inTenant(tenant, async (ctx) => {
      const fileId = await share(ctx, broken.invoiceIds[0]!, 'gone.txt', Buffer.from('gone'));
      await ctx.tx.run(sql`update stored_file set sha256 = ${Buffer.alloc(32)} where tenant_id = ${ctx.tenant.id} and id = ${fileId}`);
    });
    await remind('broken@tailspin.test', broken);
    await remind('fine@tailspin.test', fine);
    expect(await deliver()).toMatchObject({ sent: 1, failed: 1 });
    expect(await reasons()).toEqual({
      'broken@tailspin.test': expect.stringMatching(/^failed: The attachments could not be made/),
      'fine@tailspin.test': null,
    });
  });
});

describe('a template from before an upgrade of the layout', () => {
  it('is compiled anew without a new version, in all its texts, and an impossible one keeps what it was', async () => {
    tenant = await db.tenant();
    const templateId = await make({ texts: [{ language: 'es', variant: 'any', subject: 'Hola', body, design: null }] });
    const broken = await make({ name: 'Broken' });
    await db.admin.query(`update template set compiled_html = 'old', compiled_text = 'old', compiled_with = '' where tenant_id = $1`, [tenant]);
    await db.admin.query(`update template_text set compiled_html = 'old', compiled_text = 'old' where tenant_id = $1`, [tenant]);
    await db.admin.query(`update template set body = '{{nonsense}}' where id = $1`, [broken]);
    while ((await recompileStale(db.platform())) > 0);
    const row = (await db.admin.query('select version, compiled_html, compiled_text from template where id = $1', [templateId])).rows[0];
    expect(row).toMatchObject({ version: 1, compiled_html: expect.stringContaining('class="pc-foot"'), compiled_text: expect.stringContaining('{{why}}') });
    const text = (await db.admin.query('select compiled_html from template_text where template_id = $1', [templateId])).rows[0];
    expect(text.compiled_html).toContain('class="pc-foot"');
    expect((await db.admin.query('select compiled_html from template where id = $1', [broken])).rows).toEqual([{ compiled_html: 'old' }]);
    expect(await recompileStale(db.platform())).toBe(0);
  });
});
