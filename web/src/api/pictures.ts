import { queryOptions } from '@tanstack/react-query';
import { api, ask, sendFile } from './client.ts';
import type { Answer } from './types.ts';

export type Picture = Answer<'/v1/pictures', 'get'>['items'][number];

export const PICTURE_KINDS = ['.png', '.jpg', '.jpeg', '.gif', '.webp'] as const;
export const PICTURE_WORDS = 'PNG, JPEG, GIF or WebP, 2 MB at most';

export const picturesQuery = queryOptions({
  queryKey: ['pictures'],
  queryFn: async ({ signal }) => (await ask(api.GET('/v1/pictures', { signal }))).items,
});
export const uploadPicture = (file: File): Promise<Picture> => sendFile('/v1/pictures', { fileName: file.name }, file);
export const deletePicture = (id: string) => ask(api.DELETE('/v1/pictures/{id}', { params: { path: { id } } }));

/** The path of an uploaded picture, as a template keeps it. */
export const isOwnPicture = (address: string): boolean => /^\/i\/[\w-]{43}\.(?:png|jpg|gif|webp)$/.test(address);
