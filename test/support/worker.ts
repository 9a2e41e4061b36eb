import type { INestApplicationContext } from '@nestjs/common';
import { createWorker } from '../../src/app.js';
import { Environment, type Timings } from '../../src/config/environment.js';
import type { Variables } from './herald.js';

/**
 * Starts a worker in the test's process that checks for stalled jobs as often as `blockable-worker.mjs` does. The caller must
 * close it.
 */
export function startWorker(variables: Variables, timings: Partial<Timings> = {}): Promise<INestApplicationContext> {
  const hurried = { drainNoticeMs: 0, stalledJobsCheckMs: 500, ...timings };
  return createWorker(new Environment({ ...variables, RUN_JOBS: 'true' }, hurried));
}
