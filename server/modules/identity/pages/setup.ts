import { html } from 'hono/html';
import { currencyCodes } from '../../../kernel/currency.ts';
import { type FieldError, Problem } from '../../../kernel/problem.ts';
import type { Platform } from '../../../platform/context.ts';
import type { RequestInfo } from '../../../platform/http/endpoint.ts';
import { errorSummary, selectField, submitButton, textField } from '../../../platform/http/forms.ts';
import { pageResponse } from '../../../platform/http/layout.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { hashToken } from '../../../platform/secrets/secrets.ts';
import { anyTenant, commonTimeZones, companySchema } from '../../tenants/index.ts';
import { type Seed, setUpFirstCompany } from '../commands/create-tenant.ts';
import { weakness } from '../password.ts';
import { setupTokenValid } from '../queries.ts';
import { type Form, messagePage, missing, readForm, redirect } from './forms.ts';
import { passwordHelp } from './password.ts';
import { sessionCookie } from './sign-in.ts';

interface Answers {
  company: string;
  currency: string;
  timezone: string;
  name: string;
  email: string;
}

interface Option {
  value: string;
  label: string;
}

let currencyOptions: Option[] | undefined;
function currencies(): Option[] {
  const names = new Intl.DisplayNames('en', { type: 'currency' });
  currencyOptions ??= currencyCodes.map((code) => ({ value: code, label: `${code} – ${names.of(code) ?? code}` }));
  return currencyOptions;
}

let zoneOptions: Option[] | undefined;
async function zones(platform: Platform): Promise<Option[]> {
  zoneOptions ??= (await commonTimeZones(platform)).map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ').replaceAll('/', ' / ') }));
  return zoneOptions;
}

async function setupPage(platform: Platform, token: string, answers: Partial<Answers>, errors?: readonly FieldError[]): Promise<Response> {
  const shared = { errors: errors ?? [] };
  const body = html`<div class="card">${errorSummary(errors)}<h1>Set up your company</h1><p class="lead">One minute, once. All of this can be changed later.</p><form method="post" action="/setup/${token}" novalidate><h2>Company</h2>${textField(
    {
      ...shared,
      name: 'company',
      label: 'Company name',
      help: 'As your customers know it. It stands in every mail.',
      autocomplete: 'organization',
      maxlength: 200,
      value: answers.company ?? '',
    },
  )}${selectField({ ...shared, name: 'currency', label: 'Currency', help: 'Of most of your invoices. Others are welcome too.', options: currencies(), value: answers.currency ?? 'USD' })}${selectField(
    {
      ...shared,
      name: 'timezone',
      label: 'Time zone',
      help: 'Decides when a day ends and when reminders go out.',
      options: await zones(platform),
      value: answers.timezone ?? 'America/New_York',
    },
  )}<h2>First administrator</h2>${textField({ ...shared, name: 'name', label: 'Your name', autocomplete: 'name', maxlength: 200, value: answers.name ?? '' })}${textField(
    { ...shared, name: 'email', label: 'E-mail address', type: 'email', help: 'You sign in with it.', autocomplete: 'username', value: answers.email ?? '' },
  )}${textField({ ...shared, name: 'password', label: 'Password', type: 'password', help: passwordHelp, autocomplete: 'new-password', maxlength: 1000 })}${submitButton('Set up and sign in')}</form></div>`;
  return pageResponse({ title: 'Set up your company', body, failed: errors !== undefined }, errors ? 422 : 200);
}

async function closed(platform: Platform): Promise<Response> {
  return (await anyTenant(platform))
    ? messagePage({ title: 'PayorCRM is set up already', text: 'There is a company, and this link has ended.', status: 410 })
    : messagePage({ title: 'This link has ended', text: 'Restart PayorCRM: it prints a new set-up link.', status: 410, seal: 'caution', next: '' });
}

export async function showSetup(platform: Platform, token: string): Promise<Response> {
  return (await setupTokenValid(platform, hashToken(token))) && !(await anyTenant(platform)) ? setupPage(platform, token, {}) : closed(platform);
}

function answersOf(form: Form): Answers {
  const text = (name: string) => form.get(name).trim();
  return { company: text('company'), currency: text('currency'), timezone: text('timezone'), name: text('name').slice(0, 200), email: text('email') };
}

/** The language tag that the browser prefers, for the look of numbers and dates. */
function localeOf(header: string | undefined): string {
  try {
    return Intl.getCanonicalLocales(/^[A-Za-z-]{2,20}/.exec(header ?? '')?.[0] ?? 'en-US')[0] ?? 'en-US';
  } catch {
    return 'en-US';
  }
}

function check(answers: Answers, password: string): FieldError[] {
  const errors: FieldError[] = [];
  const company = companySchema.safeParse({ name: answers.company, currency: answers.currency, timezone: answers.timezone, locale: 'en-US' });
  for (const issue of company.error?.issues ?? []) {
    const field = issue.path[0] === 'name' ? 'company' : String(issue.path[0]);
    if (!errors.some((error) => error.field === field))
      errors.push({
        field,
        code: issue.code,
        message: field === 'company' ? 'Write the name of the company' : `Choose a ${field === 'currency' ? 'currency' : 'time zone'}`,
      });
  }
  if (answers.name === '') errors.push(missing('name', 'Write your name'));
  if (plainAddress(answers.email) === null)
    errors.push({ field: 'email', code: 'invalid_email', message: 'Write your e-mail address, such as name@example.com' });
  const weak = weakness(password, [answers.email, answers.name, answers.company]);
  if (weak !== null) errors.push({ field: 'password', code: 'weak_password', message: weak });
  return errors;
}

export async function setUp(platform: Platform, token: string, request: RequestInfo, seed: Seed): Promise<Response> {
  if (!(await setupTokenValid(platform, hashToken(token))) || (await anyTenant(platform))) return closed(platform);
  const form = await readForm(request.incoming);
  const answers = answersOf(form);
  const password = form.get('password');
  const errors = check(answers, password);
  if (errors.length > 0) return setupPage(platform, token, answers, errors);
  const company = { name: answers.company, currency: answers.currency, timezone: answers.timezone, locale: localeOf(request.headers['accept-language']) };
  try {
    const { sessionToken } = await setUpFirstCompany(
      platform,
      token,
      { company, name: answers.name, email: answers.email, password },
      { ip: request.ip, userAgent: request.userAgent },
      seed,
    );
    return redirect('/', [sessionCookie(platform, sessionToken)]);
  } catch (error) {
    if (error instanceof Problem && error.code === 'setup_link_used') return closed(platform);
    throw error;
  }
}
