import { queryOptions } from '@tanstack/react-query';
import { api, ask } from './client.ts';
import type { Answer, Body } from './types.ts';

export type Settings = Answer<'/v1/settings', 'get'>;
export type SettingsPatch = Body<'/v1/settings', 'patch'>;
export type MailServer = Answer<'/v1/settings/mail-server', 'get'>;
export type MailServerInput = Body<'/v1/settings/mail-server', 'put'>;
export type MailTest = Answer<'/v1/settings/mail-server/test', 'post'>;
export type DomainCheck = Answer<'/v1/settings/mail-server/domain', 'get'>;
export type Secrets = Answer<'/v1/settings/secrets', 'get'>;

export const settingsQuery = queryOptions({ queryKey: ['settings'], queryFn: () => ask(api.GET('/v1/settings')) });
export const secretsQuery = queryOptions({ queryKey: ['secrets'], queryFn: () => ask(api.GET('/v1/settings/secrets')) });

export const saveSettings = (body: SettingsPatch): Promise<Settings> => ask(api.PATCH('/v1/settings', { body }));
export const mailServerQuery = queryOptions({ queryKey: ['settings', 'mail-server'], queryFn: () => ask(api.GET('/v1/settings/mail-server')) });
export const saveMailServer = (body: MailServerInput): Promise<MailServer> => ask(api.PUT('/v1/settings/mail-server', { body }));
export const removeMailServer = (): Promise<MailServer> => ask(api.DELETE('/v1/settings/mail-server'));
export const testMailServer = (to: string, server: MailServerInput | null): Promise<MailTest> =>
  ask(api.POST('/v1/settings/mail-server/test', { body: { to, server } }));
export const checkMailDomain = (): Promise<DomainCheck> => ask(api.GET('/v1/settings/mail-server/domain'));
export const generateDkim = (domain: string, selector: string): Promise<Secrets> =>
  ask(api.POST('/v1/settings/secrets/dkim/generate', { body: { domain, selector } }));
export const removeDkim = (): Promise<Secrets> => ask(api.DELETE('/v1/settings/secrets/dkim'));
