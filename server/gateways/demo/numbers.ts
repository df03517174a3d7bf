/** The documented test numbers: what each one does. Nothing else is accepted, so that no real card is typed in here. */
export type Behavior =
  | { kind: 'approve' }
  | { kind: 'decline'; code: string; message: string }
  /** The payer must confirm at their bank. */
  | { kind: 'challenge' }
  /** The request is lost on its way: nothing happens and no answer comes. */
  | { kind: 'request_lost' }
  /** It is carried out, and the answer is lost. */
  | { kind: 'reply_lost' }
  /** It is carried out, and no answer ever comes. */
  | { kind: 'no_reply' }
  | { kind: 'bank_settles' }
  /** Comes back instead of settling. */
  | { kind: 'bank_returned'; returnCode: string; code: string; message: string }
  /** Settles, and comes back afterwards. */
  | { kind: 'bank_returned_late'; returnCode: string; code: string; message: string };

export interface TestNumber {
  number: string;
  brand: string;
  funding: 'credit' | 'debit' | 'prepaid' | 'unknown';
  meaning: string;
  behavior: Behavior;
}

const decline = (code: string, message: string): Behavior => ({ kind: 'decline', code, message });
const visa = (number: string, meaning: string, behavior: Behavior): TestNumber => ({ number, brand: 'Visa', funding: 'credit', meaning, behavior });

export const testCards: readonly TestNumber[] = [
  visa('4242424242424242', 'approved', { kind: 'approve' }),
  { number: '4000056655665556', brand: 'Visa', funding: 'debit', meaning: 'approved, a debit card', behavior: { kind: 'approve' } },
  { number: '5555555555554444', brand: 'Mastercard', funding: 'credit', meaning: 'approved', behavior: { kind: 'approve' } },
  visa('4000000000000002', 'declined by the bank', decline('generic_decline', 'The bank declined the card.')),
  visa('4000000000009995', 'not enough funds', decline('insufficient_funds', 'The account has insufficient funds.')),
  visa('4000000000000069', 'expired', decline('expired_card', 'The card has expired.')),
  visa('4000000000000127', 'wrong security code', decline('incorrect_code', 'The security code is wrong.')),
  visa('4000000000009987', 'reported lost', decline('lost_card', 'The card was reported lost.')),
  visa('4000000000006975', 'limit reached', decline('limit_reached', 'The card has reached its limit.')),
  visa('4000000000000119', 'the provider has a problem', decline('processing_error', 'A problem occurred while processing the card.')),
  visa('4000000000003220', 'the payer must confirm at their bank (3-D Secure)', { kind: 'challenge' }),
  visa('4000000000008880', 'connection lost before the charge: nothing happens', { kind: 'request_lost' }),
  visa('4000000000007775', 'connection lost after the charge: the money moved', { kind: 'reply_lost' }),
  visa('4000000000005555', 'charged, and no answer ever comes (time-out)', { kind: 'no_reply' }),
];

export const TEST_ROUTING_NUMBER = '110000000';

const bank = (number: string, meaning: string, behavior: Behavior): TestNumber => ({ number, brand: 'Demo Bank', funding: 'unknown', meaning, behavior });
const r01 = { returnCode: 'R01', code: 'insufficient_funds', message: 'Returned R01: insufficient funds.' };

export const testAccounts: readonly TestNumber[] = [
  bank('000123456789', 'settles after the delay', { kind: 'bank_settles' }),
  bank('000111111116', 'returned R01 (insufficient funds) instead of settling', { kind: 'bank_returned', ...r01 }),
  bank('000222222227', 'settles, and is returned R01 one delay later', { kind: 'bank_returned_late', ...r01 }),
  bank('000333333335', 'returned R03 (no such account)', {
    kind: 'bank_returned',
    returnCode: 'R03',
    code: 'no_account',
    message: 'Returned R03: no such account.',
  }),
];

export function findTestNumber(rail: 'card' | 'bank', number: string): TestNumber | undefined {
  return (rail === 'card' ? testCards : testAccounts).find((known) => known.number === number);
}
