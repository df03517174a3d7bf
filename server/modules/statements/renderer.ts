/** The mail that carries statements. */
import { format, money } from '../../kernel/money.ts';
import type { Context, Work } from '../../platform/context.ts';
import { renderMail } from '../../platform/mail/template.ts';
import {
  baseValues,
  type ClaimedEmail,
  customerValues,
  dateText,
  invoiceValues,
  linksOf,
  type ListedInvoice,
  loopValues,
  type MailCustomer,
  type MailFile,
  type MailFrame,
  type Prepared,
  readLanguages,
  readMailCustomers,
  type Renderer,
  frameIn,
  languageFor,
  statementSummary,
  wordsOf,
} from '../correspondence/index.ts';
import { readTemplates, type TemplateRow, textFor } from '../templates/index.ts';
import { keptPdf, pdfOf } from './commands/draw.ts';
import { listedInvoices } from './content.ts';
import { type FullStatement, readStatements } from './documents/queries.ts';
import { statementToken } from './links.ts';
import { readRules } from './queries.ts';
import { statementXlsx } from './xlsx.ts';

interface Batch {
  statements: Map<string, FullStatement>;
  customers: Map<string, MailCustomer>;
  templates: Map<string, TemplateRow>;
  /** By customer and address. */
  languages: Map<string, string>;
  /** Rules whose statements travel as spreadsheets too. */
  withXlsx: Set<string>;
}

const idsOf = (mail: ClaimedEmail): string[] => (Array.isArray(mail.payload['statementIds']) ? (mail.payload['statementIds'] as string[]) : []);

/** A few queries for a hundred mails; the PDFs are read in the second step. */
export const renderStatements: Renderer = async (ctx, mails, frame) => {
  const batch = await readBatch(ctx, mails);
  return new Map(mails.map((mail) => [mail.id, renderOne(ctx, frame, mail, batch)]));
};

async function readBatch(ctx: Context, mails: readonly ClaimedEmail[]): Promise<Batch> {
  const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
  const customerIds = [...new Set(mails.flatMap((mail) => mail.customerId ?? []))];
  const templates = byId(await readTemplates(ctx, [...new Set(mails.flatMap((mail) => mail.templateId ?? []))]));
  return {
    statements: byId(await readStatements(ctx, mails.flatMap(idsOf))),
    customers: byId(await readMailCustomers(ctx, customerIds)),
    templates,
    languages: await readLanguages(ctx, customerIds),
    withXlsx: new Set((await readRules(ctx)).filter((rule) => rule.attachXlsx).map((rule) => rule.id)),
  };
}

function renderOne(ctx: Context, frame: MailFrame, mail: ClaimedEmail, batch: Batch): Prepared {
  const statements = idsOf(mail).flatMap((id) => batch.statements.get(id) ?? []);
  const customer = batch.customers.get(mail.customerId ?? '');
  const template = batch.templates.get(mail.templateId ?? '');
  if (!customer || customer.archivedAt !== null) return { kind: 'withdrawn', reason: 'The customer is archived.' };
  if (statements.length === 0) return { kind: 'withdrawn', reason: 'The statement does not exist any more.' };
  if (!template) return { kind: 'failed', reason: 'The template of this mail does not exist any more.' };
  const listed = statements.flatMap((statement) => listedInvoices(statement.content));
  const language = batch.languages.get(`${customer.id} ${mail.toAddress}`) ?? null;
  const text = textFor(template, language, listed.length);
  try {
    const { values, secrets } = valuesOf(ctx, frameIn(frame, languageFor(language, text.language)), mail, statements, customer, text.compiled.html);
    const rendered = renderPatiently(() => renderMail(text.key, text.compiled, { ...values, lang: text.language }));
    if (rendered.subject === '') return { kind: 'failed', reason: 'The subject of the template is empty for this customer.' };
    return {
      kind: 'mail',
      rendered,
      secrets,
      unsubscribeUrl: null,
      attachments: [],
      attach: (work) => attach(work, statements, batch.withXlsx),
      listed,
      cc: [...mail.ccAddresses, ...template.cc],
    };
  } catch (error) {
    return { kind: 'failed', reason: `The template cannot be rendered for this customer: ${(error as Error).message.slice(0, 200)}` };
  }
}

/** The limit of a rendering is a time: on a machine that stood still for a moment a good template passes it once, a bad one again. */
function renderPatiently<T>(render: () => T): T {
  try {
    return render();
  } catch (error) {
    if (!/limit exceeded/.test((error as Error).message)) throw error;
    return render();
  }
}

/** The merge values: the guide's five, and those of reminders, so that a template for reminders works as well. */
function valuesOf(ctx: Context, frame: MailFrame, mail: ClaimedEmail, statements: readonly FullStatement[], customer: MailCustomer, compiledHtml: string) {
  const { locale, words = wordsOf('en') } = frame.style;
  const links = linksOf(ctx, mail.id);
  const tokens = statements.map((statement) => statementToken(ctx.platform, { tenantId: ctx.tenant.id, statementId: statement.id }));
  // the list is made for the templates that show it: most have the statement's summary instead
  const isListed = /\binvoice_list\b|\binvoices\b/.test(compiledHtml);
  const invoices = statements
    .flatMap((statement) =>
      statement.content.lines
        .filter((line) => line.kind === 'invoice')
        .map(
          (line): ListedInvoice => ({
            number: line.number,
            currency: statement.currency,
            openMinor: BigInt(line.open),
            dueOn: Temporal.PlainDate.from(line.dueOn!),
            pdfUrl: isListed ? links.pdfUrl(line.id) : null,
          }),
        ),
    )
    .sort((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn));
  const buttons = statements.flatMap((statement, index) =>
    statement.totalMinor > 0n
      ? [
          {
            label: statements.length > 1 ? `${words.viewAndPay} ${format(money(statement.totalMinor, statement.currency), locale)}` : words.viewAndPay,
            url: `${statement.frame.base}/s/${tokens[index]!.token}`,
            rail: 'any' as const,
          },
        ]
      : [],
  );
  const amounts = statements.map((statement) => format(money(statement.totalMinor, statement.currency), locale));
  const total = amounts.length === 1 ? amounts[0]! : `${amounts.slice(0, -1).join(', ')} ${words.and} ${amounts.at(-1)}`;
  const numbers = statements.map((statement) => statement.number).join(', ');
  const date = dateText(statements[0]!.asOf, locale);
  const values = {
    ...baseValues(frame, mail.kind, links),
    ...customerValues(customer),
    ...invoiceValues(ctx, frame, invoices, buttons),
    ...loopValues(ctx, frame, invoices, compiledHtml),
    preheader: `${words.statement.word} ${numbers}: ${total}`,
    total_invoice_amount: total,
    statement_number: numbers,
    statement_date: date,
    statement_summary: statementSummary({ number: numbers, date, balance: total }, frame.style.words),
  };
  return { values, secrets: [...links.secrets, ...tokens.map((token) => token.secret)] };
}

async function attach(work: Work, statements: readonly FullStatement[], withXlsx: ReadonlySet<string>): Promise<MailFile[]> {
  const made: MailFile[] = [];
  for (const statement of statements) {
    const { name, bytes } = (await keptPdf(work.platform, work.tenantId, statement)) ?? (await work.transaction((ctx) => pdfOf(ctx, statement)));
    made.push({ fileName: name, contentType: 'application/pdf', content: bytes, again: `/v1/statements/${statement.id}/pdf` });
    if (statement.ruleId !== null && withXlsx.has(statement.ruleId)) {
      const sheet = await statementXlsx(statement);
      made.push({ fileName: sheet.name, contentType: sheet.contentType, content: sheet.bytes, again: `/v1/statements/${statement.id}/xlsx` });
    }
  }
  return made;
}
