/** What people need to know of the servers that most of them have. */
export interface MailRecipe {
  name: string;
  smtp: { host: string; port: number; notes: readonly string[] };
  /** Null: no mailbox there that a password opens. */
  imap: { host: string; port: number; notes: readonly string[] } | null;
}

const appPassword = 'Password: an app password (Google account → Security → 2-Step Verification → App passwords). Your usual password is refused.';

export const mailRecipes: readonly MailRecipe[] = [
  {
    name: 'Gmail',
    smtp: {
      host: 'smtp.gmail.com',
      port: 587,
      notes: [
        'User: your whole address.',
        appPassword,
        'A Gmail account sends 500 mails a day, a Workspace account 2,000. For more take the Gmail relay or Amazon SES.',
      ],
    },
    imap: { host: 'imap.gmail.com', port: 993, notes: ['User: your whole address.', appPassword, 'A label is a folder here, such as Invoices.'] },
  },
  {
    name: 'Gmail relay',
    smtp: {
      host: 'smtp-relay.gmail.com',
      port: 587,
      notes: [
        'For Google Workspace. An administrator switches it on (Admin console → Apps → Google Workspace → Gmail → Routing → SMTP relay service).',
        'With “Require SMTP authentication”: user and app password of an account of your domain. With allowed IP addresses: leave user and password empty.',
        'An account sends to 10,000 recipients a day.',
      ],
    },
    imap: null,
  },
  {
    name: 'Office 365',
    smtp: {
      host: 'smtp.office365.com',
      port: 587,
      notes: [
        'User: the mailbox’s whole address. The sender address must be that mailbox, or one that it may send as.',
        'An administrator must allow “Authenticated SMTP” for the mailbox (Microsoft 365 admin center → Users → Mail → Manage email apps).',
        'Where security defaults forbid passwords for SMTP, use another server for sending, or an app password.',
        'A mailbox sends 30 mails a minute and 10,000 a day. Microsoft advises against mass mail from it.',
      ],
    },
    imap: {
      host: 'outlook.office365.com',
      port: 993,
      notes: [
        'Microsoft 365 opens its mailboxes by IMAP to programs with a modern sign-in only, and refuses passwords.',
        'Let a rule in Outlook redirect what comes to your billing address to a mailbox at another provider, and set that mailbox here.',
      ],
    },
  },
  {
    name: 'Outlook',
    smtp: {
      host: 'smtp-mail.outlook.com',
      port: 587,
      notes: [
        'For personal outlook.com and hotmail.com addresses, which send 300 mails a day.',
        'User: your whole address. Password: an app password, with two-step verification on.',
        'Microsoft has ended sign-in by password for most of these accounts. Where the test says so, use another server.',
      ],
    },
    imap: {
      host: 'outlook.office365.com',
      port: 993,
      notes: ['As for Office 365: Microsoft refuses passwords by IMAP. Redirect the mail to a mailbox at another provider, and set that one here.'],
    },
  },
  {
    name: 'Amazon SES',
    smtp: {
      host: 'email-smtp.us-east-1.amazonaws.com',
      port: 587,
      notes: [
        'Put your region in the place of us-east-1.',
        'User and password: SMTP credentials made in the SES console. They are not your access keys.',
        'Verify the sender’s domain in SES first, and ask for production access: before that only verified addresses get mail.',
        'SES changes the Message-ID. Answers are still recognized by the links that they quote and by their sender.',
      ],
    },
    imap: null,
  },
];
