import { randomBytes } from 'node:crypto';

let lastMs = 0;
let sequence = 0;
let told: number | null = null;
const hex = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));
let pool = Buffer.alloc(0);
let used = 0;

/**
 * A UUID of version 7 (RFC 9562): 48 bits of milliseconds, a 12-bit counter within the millisecond, 62 random bits.
 * Ids made by one process rise strictly, so rows inserted together stay together in every index.
 */
export function newId(): string {
  let ms = told ?? Date.now();
  if (ms <= lastMs) {
    ms = lastMs;
    sequence += 1;
    if (sequence > 0xfff) {
      ms = lastMs + 1;
      sequence = 0;
    }
  } else sequence = 0;
  lastMs = ms;
  if (used + 8 > pool.length) {
    pool = randomBytes(8 * 512);
    used = 0;
  }
  const at = used;
  used += 8;
  const high = ms.toString(16).padStart(12, '0');
  return `${high.slice(0, 8)}-${high.slice(8)}-7${sequence.toString(16).padStart(3, '0')}-${hex[(pool[at]! & 0x3f) | 0x80]}${hex[pool[at + 1]!]}-${hex[pool[at + 2]!]}${hex[pool[at + 3]!]}${hex[pool[at + 4]!]}${hex[pool[at + 5]!]}${hex[pool[at + 6]!]}${hex[pool[at + 7]!]}`;
}

/** From here on ids say that moment, as if made then; null: the present one again. For a past that is put together afterwards. */
export function idsSay(moment: Temporal.Instant | null): void {
  told = moment?.epochMilliseconds ?? null;
  lastMs = 0;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isId = (text: string): boolean => uuid.test(text);
