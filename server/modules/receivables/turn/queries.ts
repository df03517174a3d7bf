import type { Platform } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

/** Tenants in whose time zone a day has begun that was not turned yet. */
export async function tenantsToTurn(platform: Platform): Promise<string[]> {
  const found = await platform.database.systemRows<{ id: string }>(sql`
    select id from app.tenants_to_turn(${platform.clock.now()}::timestamptz) as id`);
  return found.map((row) => row.id);
}
