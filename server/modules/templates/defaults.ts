import { readFileSync } from 'node:fs';
import type { CompiledText } from './compile.ts';
import { type Design, designSchema } from './design.ts';

export interface DefaultTemplate {
  name: string;
  subject: string;
  design: Design;
}

const reminder = designSchema.parse({
  blocks: [
    {
      id: 'greeting',
      type: 'text',
      html: '<p>Hello {{first_name | default: customer_company_name}},</p><p>You have invoices ready to be paid. If you have a question about any of them, contact us and we will help.</p>',
    },
    {
      id: 'amount',
      type: 'text',
      background: '#f9fafb',
      border: '#e5e7eb',
      padding: { top: 14, right: 16, bottom: 14, left: 16 },
      below: 20,
      html: '<p><span class="pc-muted" style="font-size:12px;line-height:16px;color:#6b7280">Amount due</span><br /><strong style="font-size:22px;line-height:30px">{{total_invoice_amount}}</strong><br /><span class="pc-muted" style="font-size:12px;line-height:16px;color:#6b7280">Due from: {{customer_company_name}}</span></p>',
    },
    { id: 'invoices', type: 'invoices' },
    { id: 'pay', type: 'tag', name: 'payment_buttons' },
    {
      id: 'closing',
      type: 'text',
      html: '<p>You can reply to this e-mail{% if seller_phone %}, call {{seller_phone}}{% endif %}{% if seller_email %} or write to {{seller_email}}{% endif %}.</p><p>Thank you,<br />{{seller_name}}</p>',
    },
  ],
});

const statement = designSchema.parse({
  blocks: [
    { id: 'title', type: 'text', html: '<h2>Statement</h2>' },
    { ...reminder.blocks[1], id: 'amount' },
    { id: 'greeting', type: 'text', html: '<p>Hello {{first_name | default: customer_company_name}},</p>' },
    { id: 'summary', type: 'tag', name: 'statement_summary' },
    { id: 'login', type: 'tag', name: 'login_register' },
    { ...reminder.blocks[4], id: 'closing' },
  ],
});

/** What a new company starts with, and what statements and reminders use until a person says otherwise. */
export const defaultTemplates: Record<'reminder' | 'statement', DefaultTemplate> = {
  /** Of the seven default rules. */
  reminder: { name: 'Invoice Reminder', subject: 'Invoices from {{seller_name}}: {{total_invoice_amount}} due', design: reminder },
  statement: { name: 'Statement', subject: 'Statement {{statement_number}} from {{seller_name}}: {{total_invoice_amount}} open', design: statement },
};

/**
 * The default templates as they were compiled when the program was built (compile-defaults.ts): a new company is set up in
 * one transaction, which must not wait for the compiler.
 */
export const compiledDefaults = (): Record<'reminder' | 'statement', CompiledText> =>
  JSON.parse(readFileSync(new URL('./defaults.compiled.json', import.meta.url), 'utf8')) as Record<'reminder' | 'statement', CompiledText>;
