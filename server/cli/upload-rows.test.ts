import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { rowsOf } from './upload-rows.ts';

async function read(text: string, extension: string, chunkBytes = 3): Promise<unknown> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, n) => bytes.subarray(n * chunkBytes, (n + 1) * chunkBytes));
  const parts: Buffer[] = [];
  for await (const part of rowsOf(Readable.from(chunks, { objectMode: false }), extension)) parts.push(Buffer.from(part));
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

test('JSON goes through as it is', async () => {
  expect(await read('{"a": 1}', '.json')).toEqual({ a: 1 });
});

test('lines of NDJSON become one array, however they are cut, with empty lines left out', async () => {
  expect(await read('{"a":"ü€"}\r\n\n{"b":2}', '.ndjson', 1)).toEqual([{ a: 'ü€' }, { b: 2 }]);
  expect(await read('', '.jsonl')).toEqual([]);
});

test('CSV becomes objects of texts, with a BOM, quotes and line breaks in values', async () => {
  const text = '\uFEFFcustomerno, companyname\nC-1,"Mill, ""Old""\nand Sons"\n\n007,Fen\n';
  expect(await read(text, '.csv')).toEqual([
    { customerno: 'C-1', companyname: 'Mill, "Old"\nand Sons' },
    { customerno: '007', companyname: 'Fen' },
  ]);
});

test('a CSV that is not one, and a file of another kind, are refused with a reason', async () => {
  await expect(read('a,b\n"open', '.csv')).rejects.toThrow('CSV');
  await expect(read('x', '.pdf')).rejects.toThrow('expected .json');
});
