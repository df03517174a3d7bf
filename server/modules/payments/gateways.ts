import { type Gateway, type GatewayDefinition, READ_TIMEOUT_MS } from '../../gateways/gateway.ts';
import { notFound, Problem } from '../../kernel/problem.ts';
import type { Context, Platform } from '../../platform/context.ts';
import { type GatewayAccountRow, readAccount } from './queries.ts';

const definitions = new Map<string, GatewayDefinition>();

/** Makes a gateway known; server/app.ts lists all of them. */
export function registerGateways(list: readonly GatewayDefinition[]): void {
  for (const definition of list) definitions.set(definition.id, definition);
}

export const knownGateways = (): GatewayDefinition[] => [...definitions.values()];

export function definitionOf(gateway: string): GatewayDefinition {
  const definition = definitions.get(gateway);
  if (!definition) throw notFound('gateway');
  return definition;
}

/** The adapter for settings that need not be stored yet. Problem 422 with the adapter's own sentence. */
export function buildGateway(platform: Platform, gateway: string, accountId: string, settings: Record<string, string>): Gateway {
  try {
    return definitionOf(gateway).create({
      settings,
      webhookUrl: `${platform.config.publicUrl}/webhooks/${gateway}/${accountId}`,
      now: () => platform.clock.now(),
      fetch,
    });
  } catch (error) {
    if (error instanceof RangeError)
      throw new Problem(422, 'invalid_settings', error.message, { errors: [{ field: 'settings', code: 'invalid_settings', message: error.message }] });
    throw error;
  }
}

export function openSettings(ctx: Context, account: GatewayAccountRow): Record<string, string> {
  return JSON.parse(ctx.platform.secrets.open(ctx.tenant.id, account.settingsCiphertext).toString('utf8')) as Record<string, string>;
}

/** The adapter of a stored account. Problem 404. */
export async function gatewayOf(ctx: Context, accountId: string): Promise<Gateway> {
  const account = await readAccount(ctx, accountId);
  if (!account) throw notFound('gateway account');
  return buildGateway(ctx.platform, account.gateway, accountId, openSettings(ctx, account));
}

/** How long a look at a gateway may take before another process may look too. */
export const CHECK_LEASE_SECONDS = (READ_TIMEOUT_MS / 1000) * 3;
