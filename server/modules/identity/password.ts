import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * argon2id with 19 MiB, two passes and one lane: the OWASP parameters for servers. 54 ms on the two-core machine where
 * this was measured, and with the four threads of node's pool never more than 76 MiB at once; 64 MiB with three passes
 * (RFC 9106) took 259 ms and 256 MiB, which a small server does not have to spare.
 */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

export const MIN_PASSWORD = 12;
/** Long enough for any pass phrase; a bound, because hashing reads all of it. */
const MAX_PASSWORD = 200;

const derive = promisify(argon2) as (
  algorithm: 'argon2id',
  parameters: { message: string; nonce: Buffer; parallelism: number; tagLength: number; memory: number; passes: number },
) => Promise<Buffer>;

interface Stored {
  memory: number;
  passes: number;
  lanes: number;
  salt: Buffer;
  tag: Buffer;
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** The password in the PHC string form, with its salt and parameters. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive('argon2id', {
    message: password.normalize('NFC'),
    nonce: salt,
    parallelism: LANES,
    tagLength: TAG_BYTES,
    memory: MEMORY_KIB,
    passes: PASSES,
  });
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${unpadded(salt)}$${unpadded(tag)}`;
}

function parse(stored: string): Stored | null {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored);
  if (!match) return null;
  return {
    memory: Number(match[1]),
    passes: Number(match[2]),
    lanes: Number(match[3]),
    salt: Buffer.from(match[4]!, 'base64'),
    tag: Buffer.from(match[5]!, 'base64'),
  };
}

/** What is checked when there is no user or no password: as much work as a real one, and never right. */
const nobody: Stored = { memory: MEMORY_KIB, passes: PASSES, lanes: LANES, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) };

/** True when the password is the one that was stored. Takes the same time for null, which is never right. */
export async function passwordMatches(password: string, stored: string | null): Promise<boolean> {
  const parsed = stored === null ? null : parse(stored);
  const { memory, passes, lanes, salt, tag } = parsed ?? nobody;
  const message = password.slice(0, MAX_PASSWORD + 1).normalize('NFC');
  const computed = await derive('argon2id', { message, nonce: salt, parallelism: lanes, tagLength: tag.length, memory, passes });
  return timingSafeEqual(computed, tag) && parsed !== null;
}

/** True when it was hashed with other parameters than today's. */
export function isOutdated(stored: string): boolean {
  const parsed = parse(stored);
  return parsed === null || parsed.memory !== MEMORY_KIB || parsed.passes !== PASSES || parsed.lanes !== LANES;
}

/** Long passwords that are guessed first all the same. Shorter ones fail by their length. */
const common = new Set(
  'password1234 password12345 password123456 passwordpassword passw0rd1234 123456789012 1234567890123 12345678901234 1234567890123456 qwertyuiop12 qwertyuiop123 qwertyuiopasdf qwerty123456 qwertyqwerty 1q2w3e4r5t6y 1qaz2wsx3edc letmeinletmein welcome12345 welcome123456 administrator adminadmin123 changeme1234 changemenow1 iloveyou1234 iloveyouiloveyou abcdefghijkl abcd12345678 abc123abc123 correcthorsebatterystaple'.split(
    ' ',
  ),
);

/** Why the password is not good enough, or null. `known` are words that anybody would try for this person. */
export function weakness(password: string, known: readonly string[] = []): string | null {
  const length = [...password].length;
  if (length < MIN_PASSWORD) return `The password needs ${MIN_PASSWORD} characters or more. Three or four words together do well.`;
  if (password.length > MAX_PASSWORD) return `The password may have ${MAX_PASSWORD} characters at most.`;
  const plain = password.toLowerCase();
  if (common.has(plain.replaceAll(/[\s_.!-]/g, ''))) return 'This password is among the first that are guessed. Choose another.';
  if (new Set(plain).size < 5) return 'The password repeats too few characters. Choose another.';
  for (const word of known.flatMap((text) => text.toLowerCase().split(/[@\s]+/)).filter((part) => part.length >= 4))
    if (plain.replace(word, '').length < 8) return 'The password is little more than a name or an address. Choose another.';
  return null;
}
