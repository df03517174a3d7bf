/**
 * The slow, exact second look at bytes that JSON.parse or the row limits refused: where the first malformed byte is,
 * and which key stands twice. RFC 8259, on UTF-8 bytes, without recursion (a body may nest a million levels).
 */
const QUOTE = 34;
const BACKSLASH = 92;

const isSpace = (c: number | undefined): boolean => c === 32 || c === 10 || c === 13 || c === 9;
const isDigit = (c: number | undefined): boolean => c !== undefined && c >= 48 && c <= 57;
const isHex = (c: number | undefined): boolean => isDigit(c) || (c !== undefined && ((c >= 65 && c <= 70) || (c >= 97 && c <= 102)));

function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && isSpace(bytes[i])) i++;
  return i;
}

/** After a scan step: the next position, or the place of the first wrong byte as `-1 - place`. */
type Step = number;
const wrong = (at: number): Step => -1 - at;

/** `i` stands on the opening quote; answers the position after the closing one. */
function stringEnd(bytes: Uint8Array, i: number, end: number): Step {
  for (let at = i + 1; at < end; at++) {
    const c = bytes[at]!;
    if (c === QUOTE) return at + 1;
    if (c < 32) return wrong(at);
    if (c !== BACKSLASH) continue;
    at++;
    const escaped = bytes[at];
    if (at >= end) return wrong(end);
    if (escaped === 117) {
      for (let digit = 1; digit <= 4; digit++) if (at + digit >= end || !isHex(bytes[at + digit])) return wrong(Math.min(at + digit, end));
      at += 4;
    } else if (!'"\\/bfnrt'.includes(String.fromCharCode(escaped!))) return wrong(at);
  }
  return wrong(end);
}

function numberEnd(bytes: Uint8Array, start: number, end: number): Step {
  let i = start;
  const digits = (): boolean => {
    if (i >= end || !isDigit(bytes[i])) return false;
    while (i < end && isDigit(bytes[i])) i++;
    return true;
  };
  if (bytes[i] === 45) i++;
  if (bytes[i] === 48 && i < end) i++;
  else if (!digits()) return wrong(i);
  if (i < end && bytes[i] === 46) {
    i++;
    if (!digits()) return wrong(i);
  }
  if (i < end && (bytes[i] === 101 || bytes[i] === 69)) {
    i++;
    if (bytes[i] === 43 || bytes[i] === 45) i++;
    if (!digits()) return wrong(i);
  }
  return i;
}

function wordEnd(bytes: Uint8Array, i: number, end: number, word: string): Step {
  for (let at = 0; at < word.length; at++) if (i + at >= end || bytes[i + at] !== word.charCodeAt(at)) return wrong(Math.min(i + at, end));
  return i + word.length;
}

function scalarEnd(bytes: Uint8Array, i: number, end: number): Step {
  const c = bytes[i];
  if (c === QUOTE) return stringEnd(bytes, i, end);
  if (c === 45 || isDigit(c)) return numberEnd(bytes, i, end);
  if (c === 116) return wordEnd(bytes, i, end, 'true');
  if (c === 102) return wordEnd(bytes, i, end, 'false');
  if (c === 110) return wordEnd(bytes, i, end, 'null');
  return wrong(i);
}

/** Reads `"key" :` and answers where the value starts. */
function afterKey(bytes: Uint8Array, i: number, end: number): Step {
  if (i >= end || bytes[i] !== QUOTE) return wrong(Math.min(i, end));
  const closed = stringEnd(bytes, i, end);
  if (closed < 0) return closed;
  const colon = skipSpace(bytes, closed, end);
  if (colon >= end || bytes[colon] !== 58) return wrong(colon);
  return skipSpace(bytes, colon + 1, end);
}

/** The offset of the first byte in `[start, end)` that no single JSON value allows, `end` when it is cut, -1 when it is one value. */
export function firstMalformed(bytes: Uint8Array, start: number, end: number): number {
  let open = new Uint8Array(64);
  let depth = 0;
  let i = skipSpace(bytes, start, end);
  for (;;) {
    // a value is expected at i
    const c = i < end ? bytes[i] : undefined;
    let next: Step;
    if (c === 123 || c === 91) {
      if (depth === open.length) {
        const wider = new Uint8Array(open.length * 2);
        wider.set(open);
        open = wider;
      }
      open[depth++] = c;
      i = skipSpace(bytes, i + 1, end);
      const empty = i < end && bytes[i] === (c === 123 ? 125 : 93);
      if (!empty) {
        if (c === 123) {
          next = afterKey(bytes, i, end);
          if (next < 0) return -1 - next;
          i = next;
        }
        continue;
      }
      depth--;
      i++;
    } else {
      next = i < end ? scalarEnd(bytes, i, end) : wrong(end);
      if (next < 0) return -1 - next;
      i = next;
    }
    // a value ended before i: close what ends here, or go on behind a comma
    for (;;) {
      i = skipSpace(bytes, i, end);
      if (depth === 0) return i < end ? i : -1;
      if (i >= end) return end;
      const inObject = open[depth - 1] === 123;
      if (bytes[i] === (inObject ? 125 : 93)) {
        depth--;
        i++;
        continue;
      }
      if (bytes[i] !== 44) return i;
      i = skipSpace(bytes, i + 1, end);
      if (inObject) {
        next = afterKey(bytes, i, end);
        if (next < 0) return -1 - next;
        i = next;
      }
      break;
    }
  }
}

/** The first key that stands twice in one object of a well-formed value, null when each is unique. */
export function duplicateKey(bytes: Buffer, start: number, end: number): string | null {
  const seen: Set<string>[] = [];
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c === 123 || c === 91) seen.push(new Set());
    else if (c === 125 || c === 93) seen.pop();
    else if (c === QUOTE) {
      const closed = stringEnd(bytes, i, end);
      if (closed < 0) return null;
      const colon = skipSpace(bytes, closed, end);
      if (bytes[colon] === 58) {
        const key = JSON.parse(bytes.toString('utf8', i, closed)) as string;
        const keys = seen.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
      i = closed - 1;
    }
  }
  return null;
}

/** The offset of the first byte that is not UTF-8, -1 when all are. Halves the range until one byte is left. */
export function firstInvalidUtf8(isValid: (bytes: Uint8Array) => boolean, bytes: Buffer, start: number, end: number): number {
  if (isValid(bytes.subarray(start, end))) return -1;
  let good = start;
  // 4 KB at a time, cut where a character begins
  while (good < end) {
    let next = Math.min(good + 4096, end);
    while (next < end && next > good + 1 && (bytes[next]! & 0xc0) === 0x80) next--;
    if (!isValid(bytes.subarray(good, next))) break;
    good = next;
  }
  for (let at = good; at < end; ) {
    let next = at + 1;
    while (next < end && (bytes[next]! & 0xc0) === 0x80) next++;
    if (!isValid(bytes.subarray(at, next))) return at;
    at = next;
  }
  return good;
}
