/** queue: keys waiting to be worked on: each once, in one pair of hands, back later after a failure. */
export type { QueueLimits } from './queue-core.ts';
export { WorkQueue, type WorkQueueOptions } from './work-queue.ts';
