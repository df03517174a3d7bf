import { queryOptions } from '@tanstack/react-query';
import { api, ask, once } from './client.ts';
import type { Answer, Body } from './types.ts';

export type TemplateList = Answer<'/v1/templates', 'get'>;
export type Template = TemplateList['items'][number];
export type TemplateKind = Template['kind'];
export type TemplateInput = Body<'/v1/templates', 'post'>;
export type MergeTag = TemplateList['mergeTags'][number];
export type LoopField = TemplateList['loopFields'][number];
export type Design = NonNullable<Template['design']>;
export type DesignBlock = Design['blocks'][number];
export type ColumnsBlock = Extract<DesignBlock, { type: 'columns' }>;
export type LeafBlock = Exclude<DesignBlock, ColumnsBlock>;
export type Draft = Body<'/v1/templates/preview', 'post'>;
export type TemplatePreview = Answer<'/v1/templates/preview', 'post'>;
export type TemplateVersion = Answer<'/v1/templates/{id}/versions', 'get'>['items'][number];
export type KeptTemplate = Answer<'/v1/templates/{id}/versions/{version}', 'get'>;

const at = (id: string) => ({ params: { path: { id } } });
const atVersion = (id: string, version: number) => ({ params: { path: { id, version } } });

export const allTemplatesQuery = queryOptions({ queryKey: ['templates', 'all'], queryFn: ({ signal }) => ask(api.GET('/v1/templates', { signal })) });
export const templatesOfQuery = (kind: TemplateKind) =>
  queryOptions({ queryKey: ['templates', kind], queryFn: ({ signal }) => ask(api.GET('/v1/templates', { params: { query: { kind } }, signal })) });
export const templateQuery = (id: string) =>
  queryOptions({ queryKey: ['template', id], queryFn: ({ signal }) => ask(api.GET('/v1/templates/{id}', { ...at(id), signal })) });
export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['template', id, 'versions'],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/templates/{id}/versions', { ...at(id), signal }))).items,
  });
export const versionQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ['template', id, 'versions', version],
    queryFn: ({ signal }) => ask(api.GET('/v1/templates/{id}/versions/{version}', { ...atVersion(id, version), signal })),
  });
export const spokenLanguagesQuery = queryOptions({
  queryKey: ['template-languages'],
  queryFn: async ({ signal }) => (await ask(api.GET('/v1/templates/languages', { signal }))).items,
});
export const previewDraft = (body: Draft, signal: AbortSignal) => ask(api.POST('/v1/templates/preview', { body, signal }));
export const testDraft = (body: Body<'/v1/templates/test', 'post'>) => ask(api.POST('/v1/templates/test', { body }));
export const createTemplate = (body: TemplateInput, key: string) => ask(api.POST('/v1/templates', { body, ...once(key) }));
export const saveTemplate = (id: string, version: number, body: TemplateInput) => ask(api.PUT('/v1/templates/{id}', { ...at(id), body: { ...body, version } }));
export const duplicateTemplate = (id: string, key: string) => ask(api.POST('/v1/templates/{id}/duplicate', { ...at(id), ...once(key) }));
export const removeTemplate = (id: string) => ask(api.DELETE('/v1/templates/{id}', at(id)));
export const restoreVersion = (id: string, version: number) => ask(api.POST('/v1/templates/{id}/versions/{version}/restore', atVersion(id, version)));
