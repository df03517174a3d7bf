import { Problem } from '../../kernel/problem.ts';
import { inTenant, type Platform, systemActor } from '../../platform/context.ts';
import { defineTick, type Tick } from '../../platform/jobs/jobs.ts';
import { compileTemplate, keptOf } from './commands/template.ts';
import { layoutVersion } from './layout-version.ts';
import { leaveCompiled, readStale, readTemplate, storeCompiled } from './queries.ts';

/** Templates in one beat: each takes some 20 ms of the compiler. */
const BATCH = 20;

/**
 * Compiles templates anew that were compiled with another layout: after an upgrade every mail has what the layout now
 * has. Any number of workers may do so at once; they write the same. Answers how many there were.
 */
export async function recompileStale(platform: Platform): Promise<number> {
  const layout = layoutVersion();
  const stale = await readStale(platform, layout, BATCH);
  for (const { tenantId, templateId } of stale) {
    const row = await inTenant(platform, tenantId, systemActor, (ctx) => readTemplate(ctx, templateId));
    if (!row) continue;
    try {
      const values = await compileTemplate(keptOf(row));
      await inTenant(platform, tenantId, systemActor, (ctx) => storeCompiled(ctx, templateId, row.version, values));
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 422) throw error;
      platform.log.warn({ err: error, templateId }, 'a template cannot be compiled with the new layout and keeps the old one');
      await inTenant(platform, tenantId, systemActor, (ctx) => leaveCompiled(ctx, templateId, row.version, layout));
    }
  }
  return stale.length;
}

const recompile = defineTick('templates.recompile', { everySeconds: 30 }, async (platform) => {
  await recompileStale(platform);
});

export const ticks: Tick[] = [recompile];
