import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Failure, PageSkeleton } from '../components/states.tsx';
import { NotFound } from './not-found.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

/** Each page is its own file in the build, fetched when it is first needed or pointed at. */
const page = <Path extends string>(path: Path, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name as never) });

const lists = () => import('../features/receivables/invoices-page.tsx');
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('../features/settings/settings-layout.tsx'), 'SettingsLayout'),
});
const setting = <Path extends string>(path: Path, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => settings, path, component: lazyRouteComponent(load as never, name as never) });

const routeTree = root.addChildren([
  page('/', () => import('../features/reporting/dashboard-page.tsx'), 'DashboardPage'),
  page('/invoices', lists, 'InvoicesPage'),
  page('/invoices/files', () => import('../features/collections/shared-files-page.tsx'), 'SharedFilesPage'),
  page('/invoices/$id', () => import('../features/receivables/invoice-page.tsx'), 'InvoicePage'),
  page('/credits/$id', () => import('../features/receivables/invoice-page.tsx'), 'CreditPage'),
  page('/customers', () => import('../features/customers/customers-page.tsx'), 'CustomersPage'),
  page('/customers/categories', () => import('../features/customers/categories-page.tsx'), 'CategoriesPage'),
  page('/customers/$id', () => import('../features/customers/customer-page.tsx'), 'CustomerPage'),
  page('/tasks/promises', () => import('../features/collections/promises-page.tsx'), 'PromisesPage'),
  page('/tasks/disputes', () => import('../features/collections/disputes-page.tsx'), 'DisputesPage'),
  page('/tasks', () => import('../features/collections/tasks-page.tsx'), 'TasksPage'),
  page('/import', () => import('../features/intake/import-page.tsx'), 'ImportPage'),
  page('/import/uploads', () => import('../features/intake/uploads-page.tsx'), 'UploadsPage'),
  page('/import/uploads/$id', () => import('../features/intake/upload-page.tsx'), 'UploadPage'),
  page('/reminders', () => import('../features/reminders/rules-page.tsx'), 'RulesPage'),
  page('/reminders/rules/$id', () => import('../features/reminders/rule-page.tsx'), 'RulePage'),
  page('/reminders/cadences', () => import('../features/cadences/cadences-page.tsx'), 'CadencesPage'),
  page('/reminders/cadences/$id', () => import('../features/cadences/cadence-page.tsx'), 'CadencePage'),
  page('/reminders/letters', () => import('../features/cadences/letters-page.tsx'), 'LettersPage'),
  page('/reminders/upcoming', () => import('../features/proof/calendar-page.tsx'), 'CalendarPage'),
  page('/reminders/backtests', () => import('../features/proof/backtests-page.tsx'), 'BacktestsPage'),
  page('/reminders/backtests/$id', () => import('../features/proof/backtest-page.tsx'), 'BacktestPage'),
  page('/reminders/why', () => import('../features/proof/why-page.tsx'), 'WhyPage'),
  page('/reminders/runs', () => import('../features/reminders/runs-page.tsx'), 'RunsPage'),
  page('/reminders/runs/$id', () => import('../features/reminders/run-page.tsx'), 'RunPage'),
  page('/emails/templates', () => import('../features/templates/templates-page.tsx'), 'TemplatesPage'),
  page('/emails/templates/$id', () => import('../features/templates/template-page.tsx'), 'TemplatePage'),
  page('/statements', () => import('../features/statements/rules-page.tsx'), 'StatementRulesPage'),
  page('/statements/rules/$id', () => import('../features/statements/rule-page.tsx'), 'StatementRulePage'),
  page('/statements/runs', () => import('../features/statements/runs-page.tsx'), 'StatementRunsPage'),
  page('/statements/runs/$id', () => import('../features/statements/run-page.tsx'), 'StatementRunPage'),
  page('/statements/all', () => import('../features/statements/statements-page.tsx'), 'StatementsPage'),
  page('/statements/$id', () => import('../features/statements/statement-page.tsx'), 'StatementPage'),
  page('/payments', () => import('../features/payments/payments-page.tsx'), 'PaymentsPage'),
  page('/payments/attempts', () => import('../features/payments/attempts-page.tsx'), 'AttemptsPage'),
  page('/payments/attempts/$id', () => import('../features/payments/attempt-page.tsx'), 'AttemptPage'),
  page('/payments/$id', () => import('../features/payments/payment-page.tsx'), 'PaymentPage'),
  page('/emails', () => import('../features/correspondence/emails-page.tsx'), 'EmailsPage'),
  page('/emails/suppressed', () => import('../features/correspondence/suppressed-page.tsx'), 'SuppressedPage'),
  page('/emails/inbox', () => import('../features/inbox/inbox-page.tsx'), 'InboxPage'),
  page('/emails/inbox/$id', () => import('../features/inbox/inbox-page.tsx'), 'InboxPage'),
  page('/emails/$id', () => import('../features/correspondence/email-page.tsx'), 'EmailPage'),
  settings.addChildren([
    setting('/', () => import('../features/settings/company-page.tsx'), 'CompanyPage'),
    setting('/mail', () => import('../features/settings/mail-page.tsx'), 'MailPage'),
    setting('/inbox', () => import('../features/settings/inbox-page.tsx'), 'InboxSettingsPage'),
    setting('/reminders', () => import('../features/settings/reminders-page.tsx'), 'RemindersPolicyPage'),
    setting('/calendar', () => import('../features/settings/calendar-page.tsx'), 'CalendarPage'),
    setting('/statements', () => import('../features/statements/settings-page.tsx'), 'StatementSettingsPage'),
    setting('/imports', () => import('../features/settings/policy-pages.tsx'), 'IntakePolicyPage'),
    setting('/payments', () => import('../features/settings/payments-page.tsx'), 'PaymentSettingsPage'),
    setting('/users', () => import('../features/settings/users-page.tsx'), 'UsersPage'),
    setting('/api-keys', () => import('../features/settings/api-keys-page.tsx'), 'ApiKeysPage'),
    setting('/security', () => import('../features/settings/security-page.tsx'), 'SecurityPage'),
    setting('/audit', () => import('../features/settings/audit-page.tsx'), 'AuditPage'),
  ]),
]);

export const router = createRouter({
  routeTree,
  basepath: '/app',
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultPendingComponent: PageSkeleton,
  defaultPendingMs: 150,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} what="This page failed" retry={reset} />,
  defaultNotFoundComponent: NotFound,
  // every value in the address is a plain string, so that addresses can be read and written by hand
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(search)) if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
    const text = params.toString();
    return text ? `?${text}` : '';
  },
});
