import { queryOptions } from '@tanstack/react-query';
import { api, ask } from './client.ts';
import type { Role } from './session.ts';
import type { Item } from './types.ts';

export type StaffUser = Item<'/v1/users'>;
export type ApiKey = Item<'/v1/api-keys'>;

const at = (id: string) => ({ params: { path: { id } } });
const everything = { params: { query: { limit: 200 } } };

export const usersQuery = queryOptions({ queryKey: ['users'], queryFn: async () => (await ask(api.GET('/v1/users', everything))).items });
export const permissionsQuery = queryOptions({ queryKey: ['permissions'], queryFn: async () => (await ask(api.GET('/v1/permissions', everything))).items });
export const apiKeysQuery = queryOptions({ queryKey: ['api-keys'], queryFn: async () => (await ask(api.GET('/v1/api-keys', everything))).items });
export const sessionsQuery = queryOptions({ queryKey: ['sessions'], queryFn: async () => (await ask(api.GET('/v1/sessions'))).items });

export const inviteUser = (body: { email: string; name: string; role: Role }) => ask(api.POST('/v1/users', { body }));
export const inviteAgain = (id: string) => ask(api.POST('/v1/users/{id}/invitation', at(id)));
export const changeUser = (id: string, body: { role?: Role; disabled?: boolean }) => ask(api.PATCH('/v1/users/{id}', { ...at(id), body }));
export const signOutUser = (id: string) => ask(api.POST('/v1/users/{id}/sign-out', at(id)));
export const resetUserTotp = (id: string) => ask(api.DELETE('/v1/users/{id}/totp', at(id)));

export const createApiKey = (body: { name: string; role: Role }) => ask(api.POST('/v1/api-keys', { body }));
export const revokeApiKey = (id: string) => ask(api.DELETE('/v1/api-keys/{id}', at(id)));

export const renameMe = (name: string) => ask(api.PATCH('/v1/me', { body: { name } }));
export const changePassword = (body: { currentPassword: string; newPassword: string }) => ask(api.POST('/v1/me/password', { body }));
export const endSession = (id: string) => ask(api.DELETE('/v1/sessions/{id}', at(id)));
export const endOtherSessions = () => ask(api.POST('/v1/sessions/end-others'));
export const beginTotp = () => ask(api.POST('/v1/me/totp'));
export const confirmTotp = (code: string) => ask(api.POST('/v1/me/totp/confirm', { body: { code } }));
export const disableTotp = (password: string) => ask(api.POST('/v1/me/totp/disable', { body: { password } }));
