export { type Alarm, alarmAdministrators } from './commands/alarm.ts';
export { type Bounce, recordBounce, statusIn } from './commands/bounce.ts';
export { queueEmails, sendAgain } from './commands/queue-emails.ts';
export { type EmailKind, emailKinds, type OutboundRow } from './email.ts';
export { endpoints } from './endpoints.ts';
export {
  alarmMailServer,
  jobs,
  sendConfirmation,
  sendInvite,
  sendPasswordReset,
  sendPayLinkAgain,
  sendPaymentFailed,
  sendReceipt,
  sendReturned,
  ticks,
} from './jobs.ts';
export { brandOf, gone, pages } from './pages.ts';
export { type EmailRef, type PayerAct, readPayerLink, readRef as emailRefOf } from './links.ts';
export { suppressWrongPerson } from './commands/suppress.ts';
export { languageFor, wordsOf } from './words/words.ts';
export { type BlockStyle, buttonBlock, dateText, dueWords, invoiceList, type ListedInvoice, type MailButton, statementSummary, totalText } from './blocks.ts';
export { type MailPayLinks, payLinksFor } from './pay-links.ts';
export { type ClaimedEmail, type MailCustomer, type ReminderDocument, readLanguages, readListed, readMailCustomers, readSuppressions } from './queries.ts';
export { fillWords, type Preview, previewText } from './renderers/preview.ts';
export { registerRenderer } from './renderers/index.ts';
export { customerValues, frameIn, invoiceValues, loopValues } from './renderers/values.ts';
export { type AttachmentWishes, type MailFile, makeAttachments } from './attachments.ts';
export {
  baseValues,
  linksOf,
  MAX_ATTACHED,
  type MailFrame,
  momentText,
  oneByOne,
  type Prepared,
  readFrame,
  type Renderer,
  simpleMail,
} from './renderers/renderer.ts';
export { deliverDue, type DeliverReport } from './sending/deliver.ts';
export { readSentMails, type SentMail } from './sending/queries.ts';
export { recordLinkOpened } from './views.ts';
export { type DocumentView, readCustomerView, readDocumentViews } from './queries-views.ts';
export { closeSenders } from './sending/senders.ts';
