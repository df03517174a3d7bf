import type { Platform } from '../../../platform/context.ts';
import type { requestInfo } from '../../../platform/http/server.ts';

/** A page of a pay link that was shown: to whom is for the listener to judge. */
export interface ShownPage {
  tenantId: string;
  payLinkId: string;
}

type Listener = (platform: Platform, page: ShownPage, visit: { method: string; request: ReturnType<typeof requestInfo> }) => Promise<void>;

let listener: Listener = () => Promise.resolve();

/** Who keeps that a link was opened; put in where the program is put together (server/app.ts). */
export function onPayPageShown(fn: Listener): void {
  listener = fn;
}

export const payPageShown: Listener = (platform, page, visit) => listener(platform, page, visit);
