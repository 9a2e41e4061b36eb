/**
 * A worker whose job locks end soon. On SIGUSR2 it blocks its event loop for as long as the file named by BLOCKED_BY exists.
 */
import { existsSync } from 'node:fs';
import { startWorker } from '../../dist/bundle/job-worker.js';
import { runProcess } from '../../dist/bundle/run-process.js';

process.on('SIGUSR2', () => {
  console.error('blocked');
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  while (existsSync(process.env.BLOCKED_BY)) Atomics.wait(nobody, 0, 0, 20);
  console.error('goes on');
});

await runProcess(startWorker, { jobLockMs: 1_500, stalledJobsCheckMs: 500 });
