/** What people need to know of the servers that most of them have. */
export interface MailRecipe {
  name: string;
  smtp: { host: string; port: number };
  imap: { host: string; port: number } | null;
  notes: readonly string[];
}

export const mailRecipes: readonly MailRecipe[] = [
  {
    name: 'Gmail',
    smtp: { host: 'smtp.gmail.com', port: 587 },
    imap: { host: 'imap.gmail.com', port: 993 },
    notes: [
      'User: your whole address.',
      'Password: an app password (Google account → Security → 2-Step Verification → App passwords). Your usual password is refused.',
      'A Gmail account sends 500 mails a day, a Workspace account 2,000.',
    ],
  },
  {
    name: 'Office 365',
    smtp: { host: 'smtp.office365.com', port: 587 },
    imap: { host: 'outlook.office365.com', port: 993 },
    notes: [
      'User: the mailbox’s whole address. The sender address must be that mailbox, or one that it may send as.',
      'An administrator must allow “Authenticated SMTP” for the mailbox (Microsoft 365 admin center → Users → Mail → Manage email apps).',
      'Where security defaults forbid passwords for SMTP or IMAP, use another server for sending, or an app password.',
    ],
  },
  {
    name: 'Outlook',
    smtp: { host: 'smtp-mail.outlook.com', port: 587 },
    imap: { host: 'outlook.office365.com', port: 993 },
    notes: [
      'For personal outlook.com and hotmail.com addresses.',
      'User: your whole address. Password: an app password, with two-step verification on.',
      'Sends 300 mails a day.',
    ],
  },
  {
    name: 'Amazon SES',
    smtp: { host: 'email-smtp.us-east-1.amazonaws.com', port: 587 },
    imap: null,
    notes: [
      'Put your region in the place of us-east-1.',
      'User and password: SMTP credentials made in the SES console. They are not your access keys.',
      'Verify the sender’s domain in SES first, and ask for production access: before that only verified addresses get mail.',
      'SES changes the Message-ID. Answers are still recognized by the links that they quote and by their sender.',
    ],
  },
];
