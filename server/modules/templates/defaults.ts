/** The template of the seven default rules. A person may change it. */
export const defaultReminder = {
  name: 'Invoice Reminder',
  subject: 'Invoices from {{seller_name}}: {{total_invoice_amount}} due',
  body: `<p>Hello {{first_name | default: customer_company_name}},</p>
<p>You have invoices ready to be paid. If you have a question about any of them, contact us and we will help.</p>
<table class="pc-box" width="100%" cellpadding="0" cellspacing="0" style="width:100%;border:1px solid #e5e7eb;border-collapse:separate;border-radius:6px;background:#f9fafb;margin:0 0 20px"><tbody><tr><td style="padding:14px 16px"><span class="pc-muted" style="font-size:12px;line-height:16px;color:#6b7280">Amount due</span><br /><strong style="font-size:22px;line-height:30px">{{total_invoice_amount}}</strong><br /><span class="pc-muted" style="font-size:12px;line-height:16px;color:#6b7280">Due from: {{customer_company_name}}</span></td></tr></tbody></table>
{{invoice_list}}
{{payment_buttons}}
<p>You can reply to this e-mail{% if seller_phone %}, call {{seller_phone}}{% endif %}{% if seller_email %} or write to {{seller_email}}{% endif %}.</p>
<p>Thank you,<br />{{seller_name}}</p>`,
};
