import { describe, expect, it } from 'vitest';
import { compileLayout } from '../../platform/mail/compile-layout.ts';
import { readFile } from 'node:fs/promises';
import { compileTrusted, Html, renderMail, type TemplateSource } from '../../platform/mail/template.ts';
import { compileDefaults } from './compile-defaults.ts';
import { lintText } from './compile.ts';
import { compiledDefaults } from './defaults.ts';

const lint = (source: TemplateSource) => lintText('reminder', { ...source, design: null });
/** As a template of a person is compiled: refused with the first thing that is wrong. */
function compileTemplate(source: TemplateSource) {
  const error = lint(source).find((finding) => finding.severity === 'error');
  if (error) throw Object.assign(new Error(error.message), { code: 'invalid_template' });
  return compileTrusted(source);
}

const values = {
  first_name: 'Ana',
  last_name: null,
  customer_company_name: 'Tailspin & Söhne',
  seller_name: 'Northwind',
  total_invoice_amount: '$1,250.00',
  why: 'You get this because invoices are open.',
  accent_text: '#ffffff',
  invoice_list: { html: new Html('<table class="pc-table"><tr><td>1042</td></tr></table>'), text: '1042  $1,250.00' },
};
const render = (body: string, more = {}) => renderMail(null, compileTemplate({ subject: 'S', body }), { ...values, ...more });
const bodyOf = (html: string) => /pc-body"[\s\S]*?>\s*<div[^>]*>([\s\S]*?)<\/div>\n<\/td>/.exec(html)![1]!;

describe('templates', () => {
  it('fill the merge tags and escape what customers are called', () => {
    const mail = renderMail(
      null,
      compileTemplate({
        subject: 'For {{customer_company_name}}\r\nBcc: x@y.test',
        body: '<p>Hello {{first_name | default: customer_company_name}},</p>{{invoice_list}}',
      }),
      { ...values, first_name: '<img src=x onerror=alert(1)>' },
    );
    expect(mail.subject).toBe('For Tailspin & Söhne Bcc: x@y.test');
    expect(bodyOf(mail.html)).toBe('<p>Hello &lt;img src=x onerror=alert(1)&gt;,</p><table class="pc-table"><tr><td>1042</td></tr></table>');
    expect(mail.text).toMatch(/^Hello <img src=x onerror=alert\(1\)>,\n\n1042 {2}\$1,250\.00\n\n--\nNorthwind/);
  });
  it('falls back when there is no first name', () => {
    expect(bodyOf(render('Hello {{first_name | default: customer_company_name}}', { first_name: null }).html)).toBe('Hello Tailspin &amp; Söhne');
  });
  it('make a text part that reads well', () => {
    expect(
      render(
        '<h1>Due</h1><p>Pay&nbsp;<a href="https://x.test/a?b=1&amp;c=2">here</a>.<br>Or call.</p><ul><li>one</li><li>two</li></ul><table><tr><td>A</td><td>B</td></tr><tr><td>C</td><td>D</td></tr></table>',
      ).text,
    ).toBe(
      'Due\n\nPay here (https://x.test/a?b=1&c=2).\nOr call.\n\n- one\n\n- two\n\nA B\n\nC D\n\n--\nNorthwind\n\nYou get this because invoices are open.\n',
    );
  });
  it('name unknown tags, broken tags and what is missing', () => {
    const messages = (body: string, severity = 'error') =>
      lint({ subject: 'S', body })
        .filter((one) => one.severity === severity)
        .map((one) => one.message);
    expect(messages('{{frist_name}}')).toEqual(['{{frist_name}} in the body is not a merge tag.']);
    expect(messages('{% if first_name %}x')).toEqual([expect.stringContaining('cannot be read')]);
    expect(messages('$ {{total_invoice_amount}}', 'warning')).toEqual([
      expect.stringContaining('already carries its currency'),
      expect.stringContaining('payment button'),
      expect.stringContaining('invoice_list'),
    ]);
    expect(messages('{{invoice_list}}{{payment_buttons}}', 'warning')).toEqual([]);
    expect(() => compileTemplate({ subject: '{{invoice_list}}', body: 'x' })).toThrow('cannot stand in the subject');
  });
  it('have a layout that is compiled from its MJML', async () => {
    expect(await readFile(new URL('../../platform/mail/layout.html', import.meta.url), 'utf8')).toBe(await compileLayout());
  });
  it('of a new company are compiled from their designs (node server/modules/templates/compile-defaults.ts)', async () => {
    expect(compiledDefaults()).toEqual(await compileDefaults());
  });
});

describe('hostile HTML', () => {
  const cases: [string, string][] = [
    ['<script>alert(1)</script>x', 'x'],
    ['<scr<script>ipt>alert(1)</script>y', '&lt;scry'],
    ['<img src="javascript:alert(1)">', '<img>'],
    ['<img src=x onerror=alert(1)>', '<img>'],
    ['<a href="java\tscript:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="&#106;avascript:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="{{first_name}}">x</a>', '<a>x</a>'],
    ['<a href="data:text/html,x">x</a>', '<a>x</a>'],
    ['<a href="//evil.test">x</a>', '<a>x</a>'],
    ['<p style="background:url(http://x.test);color:red">x</p>', '<p style="color:red">x</p>'],
    ['<p style="position:fixed;width:100%">x</p>', '<p style="width:100%">x</p>'],
    ['<style>@import "http://x.test"</style>x', 'x'],
    ['<link rel=stylesheet href=http://x.test>x', 'x'],
    ['<form action=http://x.test><input name=a>ok</form>z', 'z'],
    ['<svg><script>1</script></svg>x', 'x'],
    ['<!-- --><b>x</b><!-- open', '<b>x</b>'],
    ['</td></tr></table></div>x', 'x'],
    ['<b><i>x</b>y', '<b><i>x</i></b>y'],
    ['<p title="{{invoice_list}}">x</p>', '<p>x</p>'],
    ['<p title="{{first_name}}">x</p>', '<p title="{{first_name}}">x</p>'],
    ['<p title="{% if first_name %}">x</p>', '<p>x</p>'],
    ['<a href="https://x.test" onclick="x()">x</a>', '<a href="https://x.test" target="_blank" rel="noopener noreferrer">x</a>'],
    ['a < b && c > d', 'a &lt; b &amp;&amp; c &gt; d'],
    ['<iframe src=//x></iframe><object data=x></object><math><mi>x</mi></math>y', 'y'],
    ['<base href=http://x.test/>x', 'x'],
    ['<p class="a&quot; onload=x">x</p>', '<p>x</p>'],
    ['<img src="https://x.test/a.png" alt="&quot;><script>">', '<img src="https://x.test/a.png" alt="&quot;&gt;&lt;script&gt;">'],
  ];
  it.each(cases)('%s', (given, expected) => {
    const html = compileTrusted({ subject: 'S', body: given }).html;
    const body = /pc-body"[\s\S]*?>\s*<div[^>]*>([\s\S]*?)<\/div>\n<\/td>/.exec(html)![1]!;
    expect(body).toBe(expected);
  });
  it('<p title="{{first_name}}"> cannot be left by what the customer is called', () => {
    expect(bodyOf(render('<p title="{{first_name}}">x</p>', { first_name: '"><b onclick=x>' }).html)).toBe('<p title="&quot;&gt;&lt;b onclick=x&gt;">x</p>');
  });
});

describe('hostile templates', () => {
  const many = (text: string, times: number) => text.repeat(times);
  const cases: [string, string][] = [
    ['capture doubling', many('{% capture a %}{{a}}{{a}}xxxxxxxxxx{% endcapture %}', 30)],
    ['date width', '{{ "now" | date: "%9000000d" }}'],
    ['empty loop', '{% for i in (1..10000000) %}{% endfor %}'],
    ['range output', '{{ (1..100000000) }}'],
    ['range default', '{{ nothing | default: (1..4000000) }}'],
    ['range condition', '{% if (1..4000000) contains 3 %}x{% endif %}'],
    ['append', '{% assign a = "x" %}{% assign a = a | append: a %}'],
    ['include', '{% include "/etc/passwd" %}'],
    ['render', '{% render "/etc/passwd" %}'],
    ['layout', '{% layout "/etc/passwd" %}'],
    ['raw', '{{ "<script>" | raw }}'],
    ['raw tag', '{% raw %}{{x}}{% endraw %}'],
    ['liquid tag', '{% liquid\nassign a = 1\necho a %}'],
    ['tablerow', '{% tablerow i in (1..1000000) %}x{% endtablerow %}'],
    ['cycle', '{% cycle "a" %}'],
    ['increment', '{% increment a %}'],
    ['prototype', '{{ first_name.constructor.constructor }}'],
    ['prototype name', '{{ __proto__ }}'],
    ['constructor', '{{ constructor }}'],
    ['where', '{{ x | where: "a" }}'],
    ['sort', '{{ x | sort }}'],
    ['replace', '{{ "a" | replace: "a", "aaaa" }}'],
    ['json', '{{ x | json }}'],
    ['inspect', '{{ x | inspect }}'],
    ['split', '{{ "a,b" | split: "," }}'],
    ['slice', '{{ "a" | slice: 0, 999999999 }}'],
    ['truncate', '{{ "a" | truncate: 99999999 }}'],
    ['strip_html', `${many('<', 1)}{{ "<<<<" | strip_html }}`],
    ['deep ifs', many('{% if first_name %}', 400) + many('{% endif %}', 400)],
    ['unclosed ifs', many('{% if first_name %}', 400)],
    ['many tags', many('{{first_name}}', 14_000)],
    ['many lists', many('{{invoice_list}}', 499)],
    ['lists in one', many('{{invoice_list | default: invoice_list}}', 400)],
    ['half tags', many('{{', 90_000)],
    ['half elements', many('<a "', 50_000)],
    ['half comments', many('<!--', 50_000)],
    ['half scripts', many('<script', 28_000)],
    ['open scripts', many('<script>', 25_000)],
    ['open divs', many('<div>', 39_000)],
    ['closing divs', many('<b>', 1000) + many('</i>', 40_000)],
    ['entities', many('&amp', 49_000)],
    ['attributes', `<p ${many('a="b" ', 33_000)}>`],
    ['styles', `<p style="${many('color:red;', 19_000)}">`],
    ['spaces', many(' ', 199_000)],
    ['too long', many('x', 1_000_000)],
  ];
  const list = { html: new Html('<tr></tr>'.repeat(6000)), text: 'x'.repeat(20_000) };
  // how long each takes is measured when limits are chosen (all under 200 ms); here none may run away
  it.each(cases)('%s ends, and stays under 1 MB', { timeout: 10_000 }, (_name, body) => {
    let size = 0;
    try {
      const mail = render(body, { first_name: 'x'.repeat(10_000), invoice_list: list });
      size = mail.html.length + mail.text.length;
      expect(mail.html).not.toContain('root:');
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_template' });
    }
    expect(size).toBeLessThan(1_000_000);
  });
});
