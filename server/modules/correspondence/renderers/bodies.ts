import { type CompiledTemplate, compileTrusted } from '../../../platform/mail/template.ts';

/** Mails of our own, which nobody edits. Their tags are filled by the renderer of the same name. */
const systemBodies = {
  payment_confirmation: {
    subject: 'Confirm your payment of {{total_invoice_amount}} to {{seller_name}}',
    body: `<p>Hello {{first_name | default: customer_company_name}},</p>
<p>You asked to pay {{seller_name}} with {{method}}. Nothing has been charged yet.</p>
<p class="pc-muted" style="margin:0 0 4px;font-size:12px;color:#6b7280">Total</p><p style="font-size:24px;line-height:32px;font-weight:600">{{total_invoice_amount}}</p>
{{action}}
<p>The payment is complete only when the page says “Payment successful”. The link works until {{expires}}; after that, press the pay button of the original e-mail again.</p>
{{invoice_list}}
<p>If you did not ask for this, do nothing.</p>`,
  },
  receipt: {
    subject: 'Receipt {{payment_number}} for {{amount}} from {{seller_name}}',
    body: `<p>Hello {{first_name | default: customer_company_name}},</p>
<p>{{state_sentence}}</p>
<p class="pc-muted" style="margin:0 0 4px;font-size:12px;color:#6b7280">Amount</p><p style="font-size:24px;line-height:32px;font-weight:600">{{amount}}</p>
{{paid_list}}
<p>Paid with {{method}} on {{received_on}}. The receipt is attached as a PDF.</p>
<p>Thank you,<br />{{seller_name}}</p>`,
  },
  payment_returned: {
    subject: 'Your payment of {{amount}} to {{seller_name}} was returned',
    body: `<p>Hello {{first_name | default: customer_company_name}},</p>
<p>The bank returned your payment {{payment_number}} of {{amount}}, received on {{received_on}}. The reason given: {{return_reason}}</p>
<p>The invoices that it paid are open again:</p>
{{invoice_list}}
{{payment_buttons}}
<p>You can reply to this e-mail if you need help.</p>`,
  },
  pay_link_again: {
    subject: 'Your payment link from {{seller_name}}',
    body: `<p>Hello {{first_name | default: customer_company_name}},</p>
<p>Here is a new link for the invoices that are open.</p>
{{invoice_list}}
{{payment_buttons}}
<p>If you did not ask for this, do nothing: the links only show and pay these invoices.</p>`,
  },
  nothing_open: {
    subject: 'No open invoices with {{seller_name}}',
    body: `<p>Hello {{first_name | default: customer_company_name}},</p>
<p>You asked for a payment link. There is nothing to pay at the moment: no invoice of yours is open.</p>
<p>If you expected one, reply to this e-mail.</p>`,
  },
  password_reset: {
    subject: 'Set a new PayorCRM password',
    body: `<p>Hello {{user_name}},</p>
<p>A new password was asked for the account {{user_email}} at {{seller_name}}.</p>
{{action}}
<p>The link works once, until {{expires}}. If you did not ask for it, do nothing: your password stays as it is.</p>`,
  },
  invite: {
    subject: 'You are invited to {{seller_name}} in PayorCRM',
    body: `<p>Hello {{user_name}},</p>
<p>You have an account for {{seller_name}} in PayorCRM. Choose a password to start.</p>
{{action}}
<p>The link works once, until {{expires}}.</p>`,
  },
  payment_failed: {
    subject: 'Your payment of {{amount}} to {{seller_name}} did not go through',
    body: `<p>Hello {{first_name | default: customer_company_name}},</p>
<p>Your payment of {{amount}} with {{method}}, started on {{started_on}}, did not go through: {{failure_reason}} Nothing was charged.</p>
<p>These invoices are still open:</p>
{{invoice_list}}
{{payment_buttons}}
<p>You can reply to this e-mail if you need help.</p>`,
  },
  alarm: {
    subject: '{{alarm_subject}}',
    body: `<p>Hello {{user_name}},</p>
{{alarm_lines}}
{{action}}`,
  },
  mail_test: {
    subject: 'Mail from {{seller_name}} works',
    body: `<p>This message shows that PayorCRM can send mail for {{seller_name}}.</p>
<p>Sent {{expires}} by {{user_name}}.</p>`,
  },
} as const;

export type SystemMail = keyof typeof systemBodies;

const compiled = new Map<SystemMail, CompiledTemplate>();

/** Compiled once in a process. */
export function systemTemplate(name: SystemMail): CompiledTemplate {
  let found = compiled.get(name);
  if (!found) {
    found = compileTrusted(systemBodies[name]);
    compiled.set(name, found);
  }
  return found;
}
