export { queueEmails, sendAgain } from './commands/queue-emails.ts';
export { seedDefaultTemplates } from './commands/template.ts';
export { type EmailKind, emailKinds, type OutboundRow } from './email.ts';
export { endpoints } from './endpoints.ts';
export { jobs, sendConfirmation, sendInvite, sendPasswordReset, sendPayLinkAgain, sendReceipt, sendReturned, ticks } from './jobs.ts';
export { pages } from './pages.ts';
export { deliverDue, type DeliverReport } from './sending/deliver.ts';
export { closeSenders } from './sending/senders.ts';
export { readTemplate, type TemplateRow } from './templates/queries.ts';
