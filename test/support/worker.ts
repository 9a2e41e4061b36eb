import type { INestApplicationContext } from '@nestjs/common';
import { createWorker } from '../../src/app.js';
import { Environment, type Timings } from '../../src/config/environment.js';
import { ExportsProcessor } from '../../src/exports/exports.processor.js';
import type { Variables } from './herald.js';

/** The options of `@Processor`, which an application reads when it starts its workers. */
const options = Reflect.getMetadata('bullmq:worker_metadata', ExportsProcessor) as { stalledInterval: number };

/**
 * Starts a worker in the test's process that checks for stalled jobs as often as `blockable-worker.mjs` does.
 * The caller must close it.
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
    // Test files that run later share the class.
    options.stalledInterval = stalledInterval;
  }
}
