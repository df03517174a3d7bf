import { queryOptions } from '@tanstack/react-query';
import { api, ask } from './client.ts';
import type { Answer, Body } from './types.ts';

export type Settings = Answer<'/v1/settings', 'get'>;
export type SettingsPatch = Body<'/v1/settings', 'patch'>;
export type Secrets = Answer<'/v1/settings/secrets', 'get'>;

export const settingsQuery = queryOptions({ queryKey: ['settings'], queryFn: () => ask(api.GET('/v1/settings')) });
export const secretsQuery = queryOptions({ queryKey: ['secrets'], queryFn: () => ask(api.GET('/v1/settings/secrets')) });

export const saveSettings = (body: SettingsPatch): Promise<Settings> => ask(api.PATCH('/v1/settings', { body }));
export const saveSmtpUrl = (value: string | null): Promise<Secrets> => ask(api.PUT('/v1/settings/secrets/smtp-url', { body: { value } }));
export const generateDkim = (domain: string, selector: string): Promise<Secrets> =>
  ask(api.POST('/v1/settings/secrets/dkim/generate', { body: { domain, selector } }));
export const removeDkim = (): Promise<Secrets> => ask(api.DELETE('/v1/settings/secrets/dkim'));
