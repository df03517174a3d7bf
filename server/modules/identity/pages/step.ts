import type { Platform } from '../../../platform/context.ts';
import { cookie, readCookie, stepCookieName } from '../cookies.ts';
import { STEP_SECONDS } from '../limits.ts';

/** Who has shown the right password and must still choose a company or show a code. */
export interface Step {
  users: { tenantId: string; tenantName: string; userId: string; totp: boolean }[];
  next: string;
}

const PURPOSE = 'sign-in-step';

/** The step as a signed cookie: nothing is stored until somebody is really in. */
export function stepCookie(platform: Platform, step: Step): string {
  const until = Math.floor(platform.clock.now().epochMilliseconds / 1000) + STEP_SECONDS;
  const payload = Buffer.from(JSON.stringify({ ...step, until })).toString('base64url');
  return cookie(platform.config, stepCookieName(platform.config), `${payload}.${platform.secrets.sign(`${PURPOSE}:${payload}`)}`, STEP_SECONDS);
}

export const clearStep = (platform: Platform): string => cookie(platform.config, stepCookieName(platform.config), '', 0);

/** The step of the request's cookie; null when there is none, it is not ours, or it is too old. */
export function readStep(platform: Platform, cookies: string | undefined): Step | null {
  const [payload, signature] = (readCookie(cookies, stepCookieName(platform.config)) ?? '').split('.');
  if (!payload || !signature || !platform.secrets.verify(`${PURPOSE}:${payload}`, signature)) return null;
  const { until, ...step } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Step & { until: number };
  return until * 1000 > platform.clock.now().epochMilliseconds ? step : null;
}
