/** Every number about time and tries in one place, each with its reason. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A session ends after a working day without a request … */
export const SESSION_IDLE_SECONDS = 10 * HOUR;
/** … and in any case after a week, so that a stolen cookie is not good for ever. */
export const SESSION_SECONDS = 7 * DAY;
/** "Last seen" and "last used" are written once a minute at most: a write for each request would double its cost. */
export const TOUCH_SECONDS = MINUTE;

/** Between the password and the code. */
export const STEP_SECONDS = 10 * MINUTE;
export const RESET_LINK_SECONDS = 30 * MINUTE;
/** An invitation waits for a person on holiday. */
export const INVITE_LINK_SECONDS = 7 * DAY;
export const SETUP_LINK_SECONDS = 7 * DAY;

export interface Limit {
  max: number;
  seconds: number;
}
/** Ten guesses in a quarter of an hour: enough for a person, a million years for a machine. */
export const SIGN_IN_BY_ADDRESS: Limit = { max: 10, seconds: 15 * MINUTE };
/** An office behind one address has many people; a machine that tries a list of addresses is stopped all the same. */
export const SIGN_IN_BY_NETWORK: Limit = { max: 60, seconds: 15 * MINUTE };
/** Three codes of a million are right at any moment: five tries in five minutes are 1 in 66,000. */
export const TOTP_BY_USER: Limit = { max: 5, seconds: 5 * MINUTE };
/** Nobody's mailbox is filled by us. */
export const RESET_BY_ADDRESS: Limit = { max: 5, seconds: HOUR };
export const RESET_BY_NETWORK: Limit = { max: 30, seconds: HOUR };
/** Asking for a link takes this long whether the address is known or not. */
export const RESET_ANSWER_MS = 300;
