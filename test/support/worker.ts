import type { INestApplicationContext } from '@nestjs/common';
import { createWorker } from '../../src/app.js';
import { Environment, type Timings } from '../../src/config/environment.js';
import { ExportsProcessor } from '../../src/exports/exports.processor.js';
import type { Variables } from './herald.js';

/** Where `@Processor` keeps what it was given, until an application starts its workers. */
const options = Reflect.getMetadata('bullmq:worker_metadata', ExportsProcessor) as { stalledInterval: number };

/**
 * Starts a worker in the test's own process, which looks for the jobs of dead ones as often as one with `blockable-worker.mjs`.
 * Whoever starts it closes it.
 */
export async function startWorker(
  variables: Variables,
  timings: Partial<Timings> = {},
): Promise<INestApplicationContext> {
  const { stalledInterval } = options;
  options.stalledInterval = 500;
  try {
    return await createWorker(new Environment({ ...variables, RUN_JOBS: 'true' }, { drainNoticeMs: 0, ...timings }));
  } finally {
    // Files that are run after this one share the class.
    options.stalledInterval = stalledInterval;
  }
}
