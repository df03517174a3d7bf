import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../kernel/problem.ts';
import { JsonRows, readJsonRows } from './json-rows.ts';
import { MAX_DEPTH, RowFault, type RowSlice } from './json-slice.ts';

const limits = { maxBytes: 1 << 30, maxRows: 1_000_000 };

async function* cutAt(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let n = 0; at < bytes.length; n++) {
    const size = Math.max(1, sizes[n % sizes.length] ?? 65_536);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

interface Reading {
  sizes?: number[];
  lines?: boolean;
  maxRows?: number;
  maxBytes?: number;
  seed?: string;
}

async function slicesOf(text: string | Uint8Array, options: Reading, lazy: boolean): Promise<RowSlice[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const source = cutAt(bytes, options.sizes ?? [65_536]);
  const reading = { limits: { ...limits, ...options }, lines: options.lines ?? false, seed: options.seed ?? '', lazy: () => lazy };
  const slices: RowSlice[] = [];
  let waiting: RowSlice | null = null;
  // a slice that waits is asked when the scan is in the next one
  for await (const slice of readJsonRows(source, reading)) {
    if (lazy) waiting?.rows;
    slices.push((waiting = slice));
  }
  waiting?.rows;
  return slices;
}

/** Parsed at once and parsed later give the same rows or the same Problem. */
async function read(text: string | Uint8Array, options: Reading = {}): Promise<RowSlice[]> {
  const [atOnce, later] = await Promise.allSettled([slicesOf(text, options, false), slicesOf(text, options, true)]);
  if (atOnce.status === 'rejected') {
    expect(later).toMatchObject({ status: 'rejected', reason: { status: atOnce.reason.status } });
    throw atOnce.reason;
  }
  if (later.status === 'rejected') throw later.reason;
  expect(later.value.map((slice) => [slice.rows, slice.hashes, slice.escaped])).toEqual(atOnce.value.map((slice) => [slice.rows, slice.hashes, slice.escaped]));
  return atOnce.value;
}

const rowsOf = (slices: RowSlice[]) => slices.flatMap((slice) => slice.rows);

async function refusal(text: string | Uint8Array, options: Parameters<typeof read>[1] = {}): Promise<Problem> {
  try {
    await read(text, options);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('rows of a body', () => {
  test('one row is shown without the others, and what stands between rows besides spaces is noticed', async () => {
    const slices: RowSlice[] = [];
    for await (const slice of readJsonRows(cutAt(Buffer.from('[{"a":"x\\"y"}\n , {"a":2},[3]]'), [7]), { limits, lazy: () => true })) slices.push(slice);
    expect([0, 1, 2].map((row) => slices[0]!.peek(row))).toEqual([{ a: 'x"y' }, { a: 2 }, null]);
    expect(slices[0]!.tidy).toBe(true);
    for (const text of ['[{"a":1} x,{"a":2}]', '[{"a":1}"",{"a":2}]', '[{"a":1}1]'])
      for await (const slice of readJsonRows(cutAt(Buffer.from(text), [3]), { limits, lazy: () => true })) expect([text, slice.tidy]).toEqual([text, false]);
  });

  test('an array and a single object give the same row', async () => {
    expect(rowsOf(await read('[{"a":1}]'))).toEqual([{ a: 1 }]);
    expect(rowsOf(await read(' \n{"a":1} \n'))).toEqual([{ a: 1 }]);
  });

  test('an empty array has no rows', async () => {
    expect(rowsOf(await read(' [ ] '))).toEqual([]);
  });

  test('however the bytes arrive, the rows are those of JSON.parse, and their hashes are the same', async () => {
    const row = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0, 2),
        async (rows, sizes, indent) => {
          const text = JSON.stringify(rows, null, indent);
          const whole = await read(text);
          const cut = await read(text, { sizes });
          expect(rowsOf(cut)).toEqual(JSON.parse(text));
          expect(cut.flatMap((slice) => [...slice.hashes])).toEqual(whole.flatMap((slice) => [...slice.hashes]));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('what JSON.parse refuses is refused with 400, and what it accepts is accepted, whatever byte is changed', async () => {
    const text = '[{"number":"A\\u0041","amount":-12.5e0,"deep":[1,{"x":null}],"ok":true},\n {"number":"B","amount":0}]';
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom('', '"', '\\', ',', '{', '}', ']', '[', ':', '0', 'x', '\n', ' '),
        fc.integer({ min: 1, max: 30 }),
        async (at, by, size) => {
          const changed = text.slice(0, at) + by + text.slice(at + 1);
          let expected: unknown;
          try {
            expected = JSON.parse(changed);
          } catch {
            const problem = await refusal(changed, { sizes: [size] });
            expect(problem.status).toBe(400);
            expect(problem.extra['line']).toBeGreaterThan(0);
            expect(problem.extra['column']).toBeGreaterThan(0);
            return;
          }
          const rows = rowsOf(await read(changed, { sizes: [size] }));
          expect(rows.length).toBe((expected as unknown[]).length);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test('a body cut anywhere is refused', async () => {
    const text = '[{"a":"x"},{"b":[1,2]}]';
    for (let at = 0; at < text.length; at++) expect((await refusal(text.slice(0, at))).status, text.slice(0, at)).toBe(400);
  });

  test.each([
    ['[{"a":1},\n{"b":tru}]', 2, 9],
    ['[{"a":1},\n\n  ]', 3, 3],
    ['[{"a":1}] x', 1, 11],
    ['nonsense', 1, 1],
    ['[{"a":1 "b":2}]', 1, 9],
    ['[{"a":"line\nend"}]', 1, 12],
    ['[{"a":01}]', 1, 8],
    ['[,{}]', 1, 2],
    ['[{"a":1}\n{"b":2}]', 2, 1],
  ])('%j is malformed at line %i, column %i', async (text, line, column) => {
    const problem = await refusal(text);
    expect(problem.extra).toMatchObject({ line, column });
    expect((await refusal(text, { sizes: [1] })).extra).toMatchObject({ line, column });
  });

  test('the line is right far into a body with a row on each line', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `{"n":${i},"text":"${'x'.repeat(100)}"}`);
    rows[4321] = '{"n":oops}';
    expect((await refusal(`[\n${rows.join(',\n')}\n]`)).extra).toMatchObject({ line: 4323, column: 6 });
  });

  test('a byte order mark and UTF-16 of both orders are read', async () => {
    const text = '[{"name":"Müller €"}]';
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const bytes of [Buffer.from(`\ufeff${text}`), little, big])
      for (const sizes of [[1], [3], [1000]]) expect(rowsOf(await read(bytes, { sizes }))).toEqual([{ name: 'Müller €' }]);
  });

  test('bytes that are not UTF-8 are refused where they stand', async () => {
    const bytes = Buffer.concat([Buffer.from('[{"a":"ok"},\n{"a":"'), Buffer.from([0xff]), Buffer.from('"}]')]);
    expect((await refusal(bytes)).extra).toMatchObject({ line: 2, column: 7 });
  });

  test('lines of JSON are read when asked for', async () => {
    expect(rowsOf(await read('{"a":1}\n\n{"a":2}\r\n{"a":\n3}', { lines: true, sizes: [3] }))).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
    expect((await refusal('{"a":1}\n{"a":oops}\n', { lines: true })).extra).toMatchObject({ line: 2, column: 6 });
    expect((await refusal('{"a":1}\n{"a":1', { lines: true })).status).toBe(400);
  });
});

describe('rows that cannot be taken', () => {
  const codes = async (text: string) => rowsOf(await read(text)).map((row) => (row instanceof RowFault ? row.code : 'row'));

  test('what is not an object is a fault of its row', async () => {
    expect(await codes('[1,"x",null,[],{"a":1},true]')).toEqual(['not_an_object', 'not_an_object', 'not_an_object', 'not_an_object', 'row', 'not_an_object']);
  });

  test('an attribute written twice is a fault of its row, at any depth', async () => {
    expect(await codes('[{"a":1,"a":2},{"a":{"b":1,"b":1}},{"a":{"b":1},"b":1},{"a":":","b":"\\":"},{"\\u0061":1,"a":2}]')).toEqual([
      'duplicate_key',
      'duplicate_key',
      'row',
      'row',
      'duplicate_key',
    ]);
  });

  test('a thousand levels of nesting are a fault of the row, and the rows around it are read', async () => {
    const deep = `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`;
    expect(await codes(`[{"a":1},${deep},{"b":2}]`)).toEqual(['row', 'nested_too_deep', 'row']);
    const allowed = `{"a":${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}}`;
    expect(await codes(`[${allowed}]`)).toEqual(['row']);
    expect((await refusal(`[{"a":${'['.repeat(1000)}${']'.repeat(999)}}]`)).status).toBe(400);
  });

  test('a string of 10 MB is a fault of its row, and one of 20 MB of the body', async () => {
    expect(await codes(`[{"a":1},{"b":"${'x'.repeat(10_000_000)}"},{"c":1}]`)).toEqual(['row', 'row_too_long', 'row']);
    expect((await refusal(`[{"b":"${'x'.repeat(20_000_000)}"}]`)).status).toBe(413);
  });

  test('__proto__ is a name like any other', async () => {
    const [row] = rowsOf(await read('[{"__proto__":{"admin":true},"constructor":1}]'));
    expect(Object.keys(row as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  test('too many rows or bytes are refused with 413', async () => {
    expect((await refusal('[{},{},{}]', { maxRows: 2 })).status).toBe(413);
    expect((await refusal(`[${'{},'.repeat(1000)}{}]`, { maxBytes: 100 })).status).toBe(413);
  });
});

describe('the hash of a row', () => {
  test('changes with every byte and with the seed, and is an even whole number', async () => {
    const hashOf = async (text: string, seed = '') => (await read(`[${text}]`, { seed }))[0]!.hashes[0]!;
    const text = '{"invoiceNumber":"90000001","invoiceAmount":1234.56}';
    const first = await hashOf(text);
    expect(Number.isSafeInteger(first) && first % 2 === 0).toBe(true);
    const seen = new Set([first, await hashOf(text, 'other')]);
    for (let i = 18; i < 26; i++) for (const digit of '1357') seen.add(await hashOf(text.slice(0, i) + digit + text.slice(i + 1)));
    expect(seen.size).toBeGreaterThanOrEqual(2 + 30);
  });
});

test('the scanner holds no more than a row and a slice', () => {
  const rows = new JsonRows({ limits });
  const chunk = Buffer.from(`${'{"a":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},'.repeat(1000)}`);
  let count = 0;
  for (const slice of rows.push(Buffer.from('['))) count += slice.rows.length;
  for (let n = 0; n < 100; n++)
    for (const slice of rows.push(chunk)) {
      expect(slice.rows.length).toBeLessThanOrEqual(500);
      count += slice.rows.length;
    }
  for (const slice of rows.push(Buffer.from('{}]'))) count += slice.rows.length;
  for (const slice of rows.end()) count += slice.rows.length;
  expect(count).toBe(100_001);
});
