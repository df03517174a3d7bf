/**
 * True when a mail server's URL says that all mail must go there (`?catch=all`): the demo's catcher. Then no other
 * server is used, whatever a company has set.
 */
export const catchesAll = (smtpUrl: string | null): boolean => smtpUrl !== null && new URL(smtpUrl).searchParams.get('catch') === 'all';
