import { defineTick, type Tick } from '../../platform/jobs/jobs.ts';
import { tidyIdentity } from './queries.ts';

/** Removes ended sessions and links and old counters. Deleting twice is harmless, so workers need not agree. */
const tidy = defineTick('identity.tidy', { everySeconds: 3600 }, async (platform) => {
  const removed = await tidyIdentity(platform);
  if (removed > 0) platform.log.debug({ removed }, 'tidied sessions, links and counters');
});

export const ticks: Tick[] = [tidy];
