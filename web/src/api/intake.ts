import { queryOptions } from '@tanstack/react-query';
import { api, ask, sendFile } from './client.ts';
import type { Answer, Item } from './types.ts';

export type Import = Answer<'/v1/imports/{id}', 'get'>;
export type Outcome = Answer<'/v1/imports/{id}/check', 'post'>;
export type Upload = Item<'/v1/uploads'>;
export type UploadDetail = Answer<'/v1/uploads/{id}', 'get'>;
export type UploadKind = Import['kind'];

const at = (id: string) => ({ params: { path: { id } } });

export interface ImportOptions {
  snapshot: boolean;
  createCustomers: boolean;
}

/** Sends a file as it is; the answer says how it is understood. Nothing is imported. */
export const startImport = (file: File, kind?: UploadKind): Promise<Import> => sendFile('/v1/imports', { fileName: file.name, kind }, file);
export const mapColumns = (id: string, kind: UploadKind, mapping?: Import['mapping']) =>
  ask(api.PUT('/v1/imports/{id}/mapping', { ...at(id), body: { kind, ...(mapping ? { mapping } : {}) } }));
/** What importing would do. Nothing is written. */
export const checkImport = (id: string, options: ImportOptions) => ask(api.POST('/v1/imports/{id}/check', { ...at(id), body: options }));
export const runImport = (id: string, options: ImportOptions) => ask(api.POST('/v1/imports/{id}/import', { ...at(id), body: options }));

export const listUploads = (query: { kind: UploadKind | undefined; limit: number; cursor: string | undefined }, signal: AbortSignal) =>
  ask(
    api.GET('/v1/uploads', {
      params: { query: { limit: query.limit, ...(query.kind ? { kind: query.kind } : {}), ...(query.cursor ? { cursor: query.cursor } : {}) } },
      signal,
    }),
  );
export const uploadQuery = (id: string) =>
  queryOptions({ queryKey: ['upload', id], queryFn: ({ signal }) => ask(api.GET('/v1/uploads/{id}', { ...at(id), signal })) });
export const listUploadErrors = async (id: string, cursor: string | undefined, signal: AbortSignal) => {
  const page = await ask(api.GET('/v1/uploads/{id}', { params: { path: { id }, query: { limit: 100, ...(cursor ? { cursor } : {}) } }, signal }));
  return { items: page.errors, nextCursor: page.nextCursor };
};
export const undoUpload = (id: string) => ask(api.POST('/v1/uploads/{id}/undo', at(id)));
