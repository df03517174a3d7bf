import type { Rail } from '../../../gateways/gateway.ts';
import { newId } from '../../../kernel/ids.ts';
import { invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { buildGateway, definitionOf, openSettings } from '../gateways.ts';
import { type GatewayAccountRow, insertAccount, readAccount, updateAccount } from '../queries.ts';
import { paymentEvents } from '../events.ts';
import { reasonOf } from '../protocol.ts';

export interface AccountInput {
  label: string;
  rails: Rail[];
  active: boolean;
  /** Secret fields left empty keep their stored value. */
  settings: Record<string, string>;
}

/**
 * Connects a gateway, after its credentials were tried. Problems: 422 for a field, or for credentials that the gateway
 * refuses; 409 when it does not answer.
 */
export async function connectGateway(work: Work, gateway: string, input: AccountInput): Promise<string> {
  const id = newId();
  const settings = checkedSettings(gateway, input, {});
  const adapter = buildGateway(work.platform, gateway, id, settings);
  await tryCredentials(adapter);
  await work.transaction((ctx) => storeAccount(ctx, id, gateway, input, settings, adapter.entryOrigin));
  return id;
}

async function tryCredentials(adapter: ReturnType<typeof buildGateway>): Promise<void> {
  const outcome = await adapter.verifyCredentials();
  if (outcome.kind === 'ok') return;
  if (outcome.kind === 'unknown') throw new Problem(409, 'gateway_unreachable', 'The gateway does not answer at this address. Nothing was saved.');
  throw invalid('settings', 'refused', `The gateway refuses these credentials: ${reasonOf(outcome)}`);
}

async function storeAccount(
  ctx: Context,
  id: string,
  gateway: string,
  input: AccountInput,
  settings: Record<string, string>,
  entryOrigin: string,
): Promise<void> {
  await insertAccount(ctx, {
    id,
    gateway,
    label: input.label,
    rails: input.rails,
    active: input.active,
    entryOrigin,
    settingsCiphertext: ctx.platform.secrets.seal(ctx.tenant.id, JSON.stringify(settings)),
  });
  await ctx.record({
    type: paymentEvents.accountCreated,
    subjectType: 'gateway_account',
    subjectId: id,
    data: { gateway, label: input.label, rails: input.rails, active: input.active },
  });
}

/** Changes a gateway account. Problems as for {@link connectGateway}. */
export async function changeGateway(work: Work, id: string, input: AccountInput): Promise<void> {
  const account = await work.transaction((ctx) => existing(ctx, id));
  const settings = await work.transaction(async (ctx) => checkedSettings(account.gateway, input, openSettings(ctx, account)));
  const adapter = buildGateway(work.platform, account.gateway, id, settings);
  if (input.active) await tryCredentials(adapter);
  await work.transaction(async (ctx) => {
    const before = await existing(ctx, id);
    await updateAccount(ctx, {
      id,
      label: input.label,
      rails: input.rails,
      active: input.active,
      entryOrigin: adapter.entryOrigin,
      settingsCiphertext: ctx.platform.secrets.seal(ctx.tenant.id, JSON.stringify(settings)),
    });
    await ctx.record({
      type: paymentEvents.accountUpdated,
      subjectType: 'gateway_account',
      subjectId: id,
      data: {
        before: { label: before.label, rails: before.rails, active: before.active },
        after: { label: input.label, rails: input.rails, active: input.active },
        settingsChanged: Object.keys(input.settings).filter((name) => input.settings[name] !== ''),
      },
    });
  });
}

async function existing(ctx: Context, id: string): Promise<GatewayAccountRow> {
  const account = await readAccount(ctx, id);
  if (!account) throw notFound('gateway account');
  return account;
}

/** Only the form's fields; required ones present; secrets not sent again kept. */
function checkedSettings(gateway: string, input: AccountInput, stored: Record<string, string>): Record<string, string> {
  const definition = definitionOf(gateway);
  const wrong = input.rails.find((rail) => !definition.rails.includes(rail));
  if (wrong) throw invalid('rails', 'not_supported', `${definition.label} does not take ${wrong} payments.`);
  const settings: Record<string, string> = {};
  for (const field of definition.form) {
    const given = input.settings[field.name]?.trim() ?? '';
    const value = given === '' && (field.kind === 'secret' || input.settings[field.name] === undefined) ? (stored[field.name] ?? '') : given;
    if (value === '' && field.required) throw invalid(`settings.${field.name}`, 'required', `${field.label} is missing.`);
    if (value !== '') settings[field.name] = value;
  }
  return settings;
}

/** What of the settings may be shown: secrets only as set or not set. */
export function shownSettings(
  ctx: Context,
  account: GatewayAccountRow,
): { name: string; label: string; kind: string; help: string; required: boolean; value: string | null; isSet: boolean }[] {
  const settings = openSettings(ctx, account);
  return definitionOf(account.gateway).form.map((field) => ({
    ...field,
    value: field.kind === 'secret' ? null : (settings[field.name] ?? ''),
    isSet: (settings[field.name] ?? '') !== '',
  }));
}

/**
 * Connects the demo gateway without calling it: for the demo company and for tests. `entryUrl` is the address that
 * payers' browsers use, when it is not the simulator's own. Answers the account's id.
 */
export async function seedDemoGateway(ctx: Context, input: { simulatorUrl: string; entryUrl?: string; label?: string; timeoutMs?: number }): Promise<string> {
  const id = newId();
  const definition = definitionOf('demo');
  const settings: Record<string, string> = {
    ...definition.standIn!(input.simulatorUrl, ctx.tenant.id),
    ...(input.entryUrl ? { entryUrl: input.entryUrl } : {}),
    ...(input.timeoutMs ? { timeoutMs: String(input.timeoutMs) } : {}),
  };
  const adapter = buildGateway(ctx.platform, 'demo', id, settings);
  await storeAccount(
    ctx,
    id,
    'demo',
    { label: input.label ?? definition.label, rails: ['card', 'bank'], active: true, settings: {} },
    settings,
    adapter.entryOrigin,
  );
  return id;
}
