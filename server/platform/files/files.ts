import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../../kernel/ids.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Context } from '../context.ts';
import { type FileRow, insertFile, insertFiles, readFileRow } from './queries.ts';

export interface StoredFile {
  name: string;
  contentType: string;
  bytes: Buffer;
}

/** Files by content: the row is in the database, the bytes lie once under their SHA-256. */
export interface Files {
  put(ctx: Context, file: StoredFile): Promise<{ id: string }>;
  get(ctx: Context, id: string): Promise<StoredFile | null>;
  /** The bytes alone, for who has read the row already. Null where they are not: a restored database without its files. */
  read(tenantId: string, sha256: Buffer): Promise<Buffer | null>;
  /** Whether {@link read} would find them. */
  has(tenantId: string, sha256: Buffer): Promise<boolean>;
  /** The first half of {@link put} for many: the bytes are written, and no transaction is open meanwhile. */
  keep(tenantId: string, files: readonly StoredFile[]): Promise<KeptFile[]>;
  /** The second half: their rows. Bytes whose row never comes lie there under their hash and harm nobody. */
  record(ctx: Context, kept: readonly KeptFile[]): Promise<void>;
}

/** Bytes that are written and whose row is not. */
export type KeptFile = FileRow;

export const MAX_FILE_BYTES = 50 * 1024 * 1024;
/** Files written side by side. */
const AT_ONCE = 16;
/** Folders whose names are remembered. */
const MAX_FOLDERS = 10_000;

export function localFiles(folder: string): Files {
  const pathOf = (tenantId: string, hash: string) => join(folder, tenantId, hash.slice(0, 2), hash);
  // 256 of a company; asking the file system for each file again was a fifth of storing it
  const made = new Set<string>();

  async function write(tenantId: string, file: StoredFile): Promise<KeptFile> {
    if (file.bytes.length > MAX_FILE_BYTES) throw new Problem(413, 'file_too_large', 'A file may have 50 MB at most.');
    const sha256 = createHash('sha256').update(file.bytes).digest();
    const path = pathOf(tenantId, sha256.toString('hex'));
    const id = newId();
    // written under another name first: a reader never sees half a file
    const half = `${path}.${id}`;
    const parent = join(path, '..');
    if (!made.has(parent)) await mkdir(parent, { recursive: true, mode: 0o700 });
    try {
      await writeFile(half, file.bytes, { mode: 0o600 });
    } catch (error) {
      // somebody took the folder away since
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(parent, { recursive: true, mode: 0o700 });
      await writeFile(half, file.bytes, { mode: 0o600 });
    }
    await rename(half, path);
    if (made.size < MAX_FOLDERS) made.add(parent);
    return { id, name: file.name, contentType: file.contentType, sizeBytes: file.bytes.length, sha256 };
  }

  return {
    async put(ctx, file) {
      const kept = await write(ctx.tenant.id, file);
      await insertFile(ctx, kept);
      return { id: kept.id };
    },
    read: (tenantId, sha256) =>
      readFile(pathOf(tenantId, sha256.toString('hex'))).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
    has: (tenantId, sha256) =>
      access(pathOf(tenantId, sha256.toString('hex'))).then(
        () => true,
        () => false,
      ),
    async keep(tenantId, files) {
      const kept: KeptFile[] = [];
      for (let at = 0; at < files.length; at += AT_ONCE) kept.push(...(await Promise.all(files.slice(at, at + AT_ONCE).map((file) => write(tenantId, file)))));
      return kept;
    },
    record: insertFiles,
    async get(ctx, id) {
      const row = await readFileRow(ctx, id);
      if (!row) return null;
      const bytes = await readFile(pathOf(ctx.tenant.id, row.sha256.toString('hex')));
      return { name: row.name, contentType: row.contentType, bytes };
    },
  };
}
