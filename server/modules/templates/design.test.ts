import { performance } from 'node:perf_hooks';
import { afterAll, describe, expect, it } from 'vitest';
import { closeMjml } from '../../platform/mail/mjml-compiler.ts';
import { Html, type MergeValues, renderMail } from '../../platform/mail/template.ts';
import { compileText, lintText } from './compile.ts';
import { type Design, designSchema } from './design.ts';
import { sizeFinding } from './lint.ts';

afterAll(() => closeMjml());

const design = (...blocks: object[]): Design => designSchema.parse({ blocks: blocks.map((block, index) => ({ id: `b${index}`, ...block })) });
const compile = (...blocks: object[]) => compileText('reminder', { subject: 'S', body: null, design: design(...blocks) });
const values: MergeValues = {
  first_name: 'Ana',
  customer_company_name: 'Tailspin & Söhne',
  seller_name: 'Northwind',
  total_invoice_amount: '$1,250.00',
  accent: '#1d4ed8',
  accent_text: '#ffffff',
  pay_url: 'https://pay.northwind.example/p/abc',
  why: 'Invoices are open.',
  invoice_list: { html: new Html('<table class="pc-table"><tr><td>1042</td></tr></table>'), text: '1042  $1,250.00' },
  invoices: [
    { number: '1042', amount_due: '$1,000.00', due_words: '12 days overdue', pdf_url: 'https://pay.northwind.example/1042' },
    { number: '<b>1043', amount_due: '$250.00', due_words: 'due today', pdf_url: 'https://pay.northwind.example/1043' },
  ],
};
const fill = async (...blocks: object[]) => {
  const { subject, compiledHtml: html, compiledText: text } = await compile(...blocks);
  return renderMail(null, { subject, html, text }, values);
};
const messages = (source: { subject?: string; body?: string | null; design?: Design | null; kind?: 'reminder' | 'statement' | 'letter' }) =>
  lintText(source.kind ?? 'reminder', { subject: 'S', body: null, design: null, ...source }).map((one) => one.message);

describe('a design', () => {
  it('becomes a mail with each of its blocks, in the layout of all mails, and a text part', async () => {
    const mail = await fill(
      { type: 'text', html: '<h1>Hello {{first_name}}</h1><p>{% if first_name == "Ana" %}It is you{% endif %}</p>' },
      { type: 'image', src: 'https://cdn.northwind.example/a.png', alt: 'Our shop in {{first_name}}', width: 120, href: 'https://northwind.example' },
      { type: 'button', label: 'Pay {{total_invoice_amount}}', href: '{{pay_url}}' },
      { type: 'divider', colour: '#ff0000', thickness: 3 },
      {
        type: 'columns',
        columns: [
          { share: 67, blocks: [{ id: 'x', type: 'text', html: '<p>left</p>' }] },
          { share: 33, blocks: [{ id: 'y', type: 'text', html: '<p>right</p>' }] },
        ],
      },
      { type: 'invoices' },
      { type: 'social', links: [{ network: 'linkedin', url: 'https://www.linkedin.com/company/northwind' }] },
      { type: 'text', background: '#0a2540', padding: { top: 12, right: 16, bottom: 12, left: 16 }, html: '<p>Dark ground</p>' },
    );
    expect(mail.html).toContain('<h1>Hello Ana</h1><p>It is you</p>');
    expect(mail.html).toMatch(/<img\s+alt="Our shop in Ana" src="https:\/\/cdn\.northwind\.example\/a\.png"/);
    expect(mail.html).toMatch(/href="https:\/\/pay\.northwind\.example\/p\/abc"[^>]*background:#1d4ed8/);
    expect(mail.html).toContain('border-top:solid 3px #ff0000');
    expect(mail.html).toMatch(/mj-column-per-67 \{ width:67% !important/);
    expect(mail.html).toContain('<td>1042</td>');
    expect(mail.html).toContain('>LinkedIn</a>');
    expect(mail.html).toMatch(/background:#0a2540[^"]*color:#ffffff/);
    // what every mail has: the head for dark mode, the sender's foot
    expect(mail.html).toContain('prefers-color-scheme: dark');
    expect(mail.html).toContain('class="pc-foot"');
    expect(mail.text).toBe(
      'Hello Ana\n\nIt is you\n\nOur shop in Ana (https://northwind.example)\n\nPay $1,250.00 (https://pay.northwind.example/p/abc)\n\n---\n\nleft\n\nright\n\n1042  $1,250.00\n\nLinkedIn (https://www.linkedin.com/company/northwind)\n\nDark ground\n\n--\nNorthwind\n\nInvoices are open.\n',
    );
  });

  it('with columns of its own lists each invoice by a loop, escaped', async () => {
    const mail = await fill({ type: 'invoices', columns: ['number', 'amount_due', 'due_words'] });
    expect(mail.html).toContain('>&lt;b&gt;1043</a>');
    expect(mail.html.match(/12 days overdue|due today/g)).toEqual(['12 days overdue', 'due today']);
    expect(mail.text).toContain('1042 (https://pay.northwind.example/1042) $1,000.00 12 days overdue');
  });

  it('says the same as the HTML that it becomes', async () => {
    const { body } = await compile({ type: 'text', html: '<p>Hello {{first_name}}</p><p>{{invoice_list}}</p>' }, { type: 'tag', name: 'payment_buttons' });
    expect(body).toBe('<p>Hello {{first_name}}</p>{{invoice_list}}\n{{payment_buttons}}');
  });

  it('refuses what is not a design', () => {
    const wrong = [
      { type: 'text', html: 'x', background: 'red;position:fixed' },
      { type: 'button', label: 'x', href: '', colour: 'url(x)' },
      {
        type: 'columns',
        columns: [
          { share: 50, blocks: [] },
          { share: 40, blocks: [] },
        ],
      },
      {
        type: 'columns',
        columns: [
          { share: 50, blocks: [{ id: 'a', type: 'columns', columns: [] }] },
          { share: 50, blocks: [] },
        ],
      },
      { type: 'script', html: 'x' },
      { type: 'text', html: 'x'.repeat(50_001) },
      { type: 'text', html: 'x', onclick: 'y' },
    ];
    for (const block of wrong) expect(designSchema.safeParse({ blocks: [{ id: 'a', ...block }] }).success, JSON.stringify(block)).toBe(false);
    expect(designSchema.safeParse({ blocks: Array.from({ length: 61 }, (_, id) => ({ id: `b${id}`, type: 'divider' })) }).success).toBe(false);
  });
});

describe('hostile designs', () => {
  const cases: [string, object][] = [
    ['a script in words', { type: 'text', html: '<script>alert(1)</script><p>x</p>' }],
    ['a handler in words', { type: 'text', html: '<p onclick="alert(1)">x</p><img src=x onerror=alert(1)>' }],
    ['a script link in words', { type: 'text', html: '<a href="javascript:alert(1)">x</a>' }],
    ['a script link on a button', { type: 'button', label: 'x', href: 'javascript:alert(1)' }],
    ['a script link with a tag', { type: 'button', label: 'x', href: '{{first_name}}' }],
    ['an image that is none', { type: 'image', src: 'javascript:alert(1)', alt: 'x' }],
    ['an image by http', { type: 'image', src: 'http://x.test/a.png', alt: 'x' }],
    ['a way out of an attribute', { type: 'image', src: 'https://x.test/a.png', alt: '"><script>alert(1)</script>' }],
    ['a way out of an address', { type: 'button', label: 'x', href: 'https://x.test/"onmouseover="alert(1)' }],
    ['a way out of a label', { type: 'button', label: '</a></mj-button><mj-raw><script>alert(1)</script></mj-raw>', href: 'https://x.test' }],
    ['MJML in words', { type: 'text', html: '</mj-text><mj-raw><script>alert(1)</script></mj-raw><mj-text>' }],
    ['MJML that includes a file', { type: 'html', html: '<mj-include path="/etc/passwd" />x' }],
    ['a comment for Outlook', { type: 'text', html: '<!--[if mso]><script>alert(1)</script><![endif]--><p>x</p>' }],
    ['a style sheet', { type: 'html', html: '<style>@import "http://x.test"</style><p style="background:url(http://x.test)">x</p>' }],
    ['a social link that is none', { type: 'social', links: [{ network: 'x', url: 'data:text/html,x' }] }],
    ['a list in an attribute', { type: 'image', src: 'https://x.test/a.png', alt: '{{invoice_list}}' }],
    ['marks of ours', { type: 'text', html: '<p>@@L0@@ @@L1@@ @@L999@@</p>' }],
  ];
  it.each(cases)('%s does not get into the mail', async (_name, block) => {
    const { html } = await fill(block, { type: 'text', html: '<p>after</p>' });
    const tags = html.replace(/<!--[\s\S]*?-->/g, '').match(/<[a-z][^>]*>/gi)!;
    expect(html).not.toMatch(/<script|root:|@import|<mj-|@@L/);
    for (const tag of tags) {
      expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/\son[a-z]+\s*=/i);
      expect(tag).not.toMatch(/(?:href|src)="\s*(?:javascript|data|http:\/\/x\.test)/i);
    }
    expect(html).toContain('<p>after</p>');
    expect(html.match(/<table class="pc-table"/g)).toBeNull();
  });

  const bombs: [string, string][] = [
    ['a loop in a loop', '{% for invoice in invoices %}{% for invoice in invoices %}x{% endfor %}{% endfor %}'],
    ['a loop over numbers', '{% for invoice in (1..100000000) %}x{% endfor %}'],
    ['a loop over something else', '{% for a in first_name %}x{% endfor %}'],
    ['many loops', '{% for invoice in invoices %}{{invoice.number}}{% endfor %}'.repeat(4)],
    ['a long loop', `{% for invoice in invoices %}${'x'.repeat(6000)}{% endfor %}`],
    ['a loop of many tags', `{% for invoice in invoices %}${'{{invoice.number}}'.repeat(41)}{% endfor %}`],
    ['a list in a loop', '{% for invoice in invoices %}{{invoice_list}}{% endfor %}'],
    ['a field of an invoice outside of the loop', '{{invoice.number}}'],
    ['a field that no invoice has', '{% for invoice in invoices %}{{invoice.constructor}}{% endfor %}'],
    ['a capture', '{% capture a %}x{% endcapture %}'],
    ['a tag without an end', 'x {{first_name'],
    ['a file', '{% include "/etc/passwd" %}'],
  ];
  it.each(bombs)('%s is refused', async (_name, html) => {
    await expect(compile({ type: 'html', html })).rejects.toMatchObject({ code: 'invalid_template' });
  });

  it('a tag that begins in one block and ends in the next is refused', async () => {
    await expect(compile({ type: 'html', html: '{{first_name' }, { type: 'html', html: '}}' })).rejects.toMatchObject({ code: 'invalid_template' });
  });

  it('thousands of open braces in every block cost no time', async () => {
    const began = performance.now();
    for (const open of ['{{', '{%', '{{ {%', '{{%'])
      await expect(compile(...Array.from({ length: 60 }, () => ({ type: 'text', html: open.repeat(9_000) })))).rejects.toMatchObject({
        code: 'invalid_template',
      });
    expect(performance.now() - began).toBeLessThan(4000);
  });

  it('the largest loop that is allowed stays under 1 MB, or says so, and takes no time', async () => {
    const { compiledHtml: html, compiledText: text } = await compile({
      type: 'html',
      html: `{% for invoice in invoices %}${'{{invoice.number}}'.repeat(40)}${'x'.repeat(4000)}{% endfor %}`,
    });
    const many = { ...values, invoices: Array.from({ length: 100 }, () => ({ number: 'n'.repeat(100) })) };
    const began = performance.now();
    let size = 0;
    try {
      size = renderMail(null, { subject: 'S', html, text }, many).html.length;
    } catch (error) {
      expect((error as Error).message).toMatch(/larger than 1 MB|limit/);
    }
    expect(size).toBeLessThan(1_000_000);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('the check', () => {
  const fine =
    '<p>Hello {{first_name}}, please have a look at what is open, and write to us if anything looks wrong to you:</p>{{invoice_list}}{{payment_buttons}}';
  it('has nothing to say of a good text', () => {
    expect(messages({ body: fine })).toEqual([]);
    expect(messages({ kind: 'statement', body: '<p>Your statement of today</p>{{statement_summary}}' })).toEqual([]);
  });
  it('names tags that are unknown, missing, or of another kind', () => {
    expect(messages({ body: `${fine}{{frist_name}}` })).toEqual(['{{frist_name}} in the body is not a merge tag.']);
    expect(messages({ body: `${fine}{{first_name | default: nobody}}` })).toEqual(['{{nobody}} in the body is not a merge tag.']);
    expect(messages({ body: `${fine}{{first_name | default: "a | b"}}` })).toEqual([]);
    expect(messages({ body: `${fine}{{statement_number}}` })).toEqual(['{{statement_number}} does not exist in reminders.']);
    expect(messages({ body: '<p>Nothing of use in this mail</p>' })).toEqual([
      expect.stringContaining('payment button'),
      expect.stringContaining('not listed'),
    ]);
    expect(messages({ subject: '{{invoice_list}}', body: fine })).toEqual(['{{invoice_list}} cannot stand in the subject.']);
  });
  it('names links that lead nowhere', () => {
    const link = (href: string) => messages({ body: `${fine}<a href="${href}">x</a>` }).filter((message) => !/not allowed/.test(message));
    expect(link('')).toEqual(['A link has no address.']);
    expect(link('#')).toEqual(['A link has no address.']);
    expect(link('www.northwind.com')).toEqual(['The link www.northwind.com does not work in mail: begin it with https://.']);
    expect(link('https://localhost/a')).toEqual([expect.stringContaining('no place that customers can reach')]);
    expect(link('https://example.com/terms')).toEqual([expect.stringContaining('is an example')]);
    expect(link('mailto:nobody')).toEqual([expect.stringContaining('no e-mail address')]);
    expect(link('mailto:{{seller_email}}')).toEqual([]);
    expect(link('{{pay_url}}')).toEqual([]);
    expect(link('https://northwind.com/a?b=1&amp;c={{customer_number}}')).toEqual([]);
    expect(messages({ design: design({ type: 'html', html: fine }, { type: 'button', label: 'Pay', href: '' }) })).toEqual([
      'A link has no address.',
      'The button “Pay” has no address.',
    ]);
  });
  it('names images without text, mails of nothing but images, and mails without text', () => {
    const image = (alt: string) => `<img src="https://cdn.northwind.com/a.png" alt="${alt}">`;
    expect(messages({ body: `${fine}${image('')}` })).toEqual([expect.stringContaining('An image has no text')]);
    expect(messages({ body: `{{invoice_list}}{{payment_buttons}}${image('Sale')}` })).toEqual([expect.stringContaining('spam filters')]);
    expect(messages({ body: image('') })).toContainEqual(expect.stringContaining('text part is empty'));
    expect(messages({ body: ' ' })).toEqual(['The mail is empty.']);
  });
  it('says when Gmail would cut the mail off', () => {
    expect(sizeFinding('x'.repeat(102_400))).toBeNull();
    expect(sizeFinding('ä'.repeat(60_000))).toMatchObject({ severity: 'warning', message: expect.stringContaining('117 KB') });
  });
});
