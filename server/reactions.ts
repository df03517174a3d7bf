import type { Reactions } from './platform/context.ts';

/** Everything that the product does by itself: an event, and the jobs that it starts in the same transaction. */
export const reactions: Reactions = {};
