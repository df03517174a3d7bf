import { escapeHtml } from '../../platform/mail/template.ts';
import type { Design, DesignBlock, LeafBlock } from './design.ts';
import { mapSegments } from './segments.ts';

/** What stands in a link or attribute: the tags in it stay, everything else is escaped. */
const attribute = (text: string): string => text.replace(/\{\{[^{}]*\}\}|[^{]+|\{/g, (part) => (part.startsWith('{{') ? part : escapeHtml(part)));

const networkLooks: Record<string, { label: string; colour: string }> = {
  website: { label: 'Website', colour: '#374151' },
  linkedin: { label: 'LinkedIn', colour: '#0a66c2' },
  facebook: { label: 'Facebook', colour: '#0b57d0' },
  x: { label: 'X', colour: '#111111' },
  instagram: { label: 'Instagram', colour: '#b3236b' },
  youtube: { label: 'YouTube', colour: '#b00020' },
};

const blockTag = '(?:invoice_list|payment_buttons|card_buttons|bank_buttons|login_register|statement_summary)';
/** A paragraph that holds nothing but a block: a table must not stand in a paragraph. */
const lonelyBlock = new RegExp(`<p[^>]*>\\s*(\\{\\{-?\\s*${blockTag}\\s*-?\\}\\})\\s*</p>`, 'g');
/** The editor writes "a &gt; b" in a condition; Liquid reads characters. */
const readable = (html: string): string =>
  mapSegments(html, (segment) =>
    segment
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&nbsp;', ' ')
      .replaceAll('\u00a0', ' ')
      .replaceAll('&amp;', '&'),
  );

const cell = 'padding:10px 8px;border-bottom:1px solid #e5e7eb;font-size:14px;line-height:20px;vertical-align:top';
const head = 'padding:0 8px 8px;border-bottom:1px solid #9ca3af;font-size:12px;line-height:16px;color:#6b7280;font-weight:600';
const tableColumns: Record<string, { label: string; right: boolean; value: string }> = {
  number: { label: '{{words_invoice}}', right: false, value: '<a href="{{invoice.pdf_url}}">{{invoice.number}}</a>' },
  amount_due: { label: '{{words_amount_due}}', right: true, value: '{{invoice.amount_due}}' },
  due_date: { label: '{{words_due_date}}', right: false, value: '{{invoice.due_date}}' },
  due_words: { label: '{{words_due}}', right: false, value: '{{invoice.due_words}}' },
  days_overdue: { label: '{{words_days_overdue}}', right: true, value: '{{invoice.days_overdue}}' },
  currency: { label: '{{words_currency}}', right: false, value: '{{invoice.currency}}' },
  pdf: { label: '', right: true, value: '<a href="{{invoice.pdf_url}}">{{words_view_pdf}}</a>' },
};

function invoiceTable(columns: readonly string[] | null, total: boolean): string {
  if (columns === null) return '{{invoice_list}}';
  const shown = columns.map((name) => tableColumns[name]!);
  const side = (right: boolean) => (right ? ' align="right"' : ' align="left"');
  const row = (cells: string) => `<tr>${cells}</tr>`;
  return (
    `<table class="pc-table" width="100%" cellpadding="0" cellspacing="0" style="width:100%;border-collapse:collapse;margin:0 0 20px"><thead>` +
    row(
      shown
        .map((column) => `<th class="pc-muted"${side(column.right)} style="${head}${column.right ? ';text-align:right' : ''}">${column.label || '&nbsp;'}</th>`)
        .join(''),
    ) +
    `</thead><tbody>{% for invoice in invoices %}` +
    row(
      shown
        .map((column) => `<td${side(column.right)} style="${cell}${column.right ? ';text-align:right;white-space:nowrap' : ''}">${column.value}</td>`)
        .join(''),
    ) +
    `{% endfor %}</tbody></table>` +
    (total ? '<p><strong>{{words_total}}: {{total_invoice_amount}}</strong></p>' : '')
  );
}

/** The inside of a block as plain HTML: what the HTML view shows, what is checked, and what the text part is made of. */
export function leafHtml(block: LeafBlock): string {
  switch (block.type) {
    case 'text':
      return readable(block.html).replace(lonelyBlock, '$1');
    case 'html':
      return block.html;
    case 'image': {
      const image = `<img src="${attribute(block.src)}" alt="${attribute(block.alt)}"${block.width ? ` width="${block.width}"` : ''} style="max-width:100%" />`;
      return `<p style="text-align:${block.align}">${block.href ? `<a href="${attribute(block.href)}">${image}</a>` : image}</p>`;
    }
    case 'button':
      return `<p style="text-align:${block.align}"><a href="${attribute(block.href)}">${attribute(block.label)}</a></p>`;
    case 'divider':
      return '<hr />';
    case 'invoices':
      return invoiceTable(block.columns, block.total);
    case 'tag':
      return `{{${block.name}}}`;
    case 'social':
      return `<p style="text-align:${block.align}">${block.links
        .map(({ network, url }) => {
          const look = networkLooks[network]!;
          return `<a class="pc-chip" href="${attribute(url)}" style="white-space:nowrap;padding:5px 12px;border-radius:14px;background:${look.colour};color:#ffffff;font-size:13px;text-decoration:none">${look.label}</a>`;
        })
        .join(' &nbsp;')}</p>`;
  }
}

/** The whole design as HTML, block after block. */
export function designHtml(design: Design): string {
  return design.blocks.map(blockHtml).join('\n');
}

function blockHtml(block: DesignBlock): string {
  if (block.type === 'columns') return block.columns.flatMap((column) => column.blocks.map(leafHtml)).join('\n');
  return leafHtml(block);
}
