import type { Context, Platform } from '../../platform/context.ts';
import { createPayLinks, type PayLinkInput } from '../payments/index.ts';
import type { MailButton } from './blocks.ts';
import { format, money } from '../../kernel/money.ts';

export interface MailPayLinks {
  buttons: MailButton[];
  /** Tokens that the stored copy must not hold. */
  secrets: string[];
}

/** Where a payer asks for a fresh link with an address on file. */
export const requestLinkUrl = (platform: Platform): string => `${platform.config.publicUrl}/pay/again`;

/** One link for each mail and currency, all in a few statements. Buttons name the amount when a mail has several. */
export async function payLinksFor(ctx: Context, rows: readonly (PayLinkInput & { emailId: string })[]): Promise<Map<string, MailPayLinks>> {
  const byMail = new Map<string, MailPayLinks>();
  const links = await createPayLinks(ctx, rows);
  const currencies = new Map<string, number>();
  for (const row of rows) currencies.set(row.emailId, (currencies.get(row.emailId) ?? 0) + 1);
  links.forEach((link, index) => {
    const row = rows[index]!;
    const several = currencies.get(row.emailId)! > 1;
    const amount = row.documents.reduce((sum, document) => sum + document.amountMinor, 0n);
    const kept = byMail.get(row.emailId) ?? { buttons: [], secrets: [] };
    kept.secrets.push(link.token);
    for (const button of link.buttons)
      kept.buttons.push({
        rail: button.rail,
        url: button.url,
        label: several ? `${button.label} (${format(money(amount, row.currency), ctx.tenant.locale)})` : button.label,
      });
    byMail.set(row.emailId, kept);
  });
  return byMail;
}
