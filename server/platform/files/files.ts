import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../../kernel/ids.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Context } from '../context.ts';
import { insertFile, readFileRow } from './queries.ts';

export interface StoredFile {
  name: string;
  contentType: string;
  bytes: Buffer;
}

/** Files by content: the row is in the database, the bytes lie once under their SHA-256. */
export interface Files {
  put(ctx: Context, file: StoredFile): Promise<{ id: string }>;
  get(ctx: Context, id: string): Promise<StoredFile | null>;
}

export const MAX_FILE_BYTES = 50 * 1024 * 1024;

export function localFiles(folder: string): Files {
  const pathOf = (tenantId: string, hash: string) => join(folder, tenantId, hash.slice(0, 2), hash);
  return {
    async put(ctx, file) {
      if (file.bytes.length > MAX_FILE_BYTES) throw new Problem(413, 'file_too_large', 'A file may have 50 MB at most.');
      const sha256 = createHash('sha256').update(file.bytes).digest();
      const path = pathOf(ctx.tenant.id, sha256.toString('hex'));
      await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
      const id = newId();
      // written under another name first: a reader never sees half a file
      const half = `${path}.${id}`;
      await writeFile(half, file.bytes, { mode: 0o600 });
      await rename(half, path);
      await insertFile(ctx, { id, name: file.name, contentType: file.contentType, sizeBytes: file.bytes.length, sha256 });
      return { id };
    },
    async get(ctx, id) {
      const row = await readFileRow(ctx, id);
      if (!row) return null;
      const bytes = await readFile(pathOf(ctx.tenant.id, row.sha256.toString('hex')));
      return { name: row.name, contentType: row.contentType, bytes };
    },
  };
}
