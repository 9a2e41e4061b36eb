// For `node --import`: shortens a worker's job locks, and on SIGUSR2 blocks its event loop for as long as the file named by
// BLOCKED_BY exists.
import { existsSync } from 'node:fs';
import { TAKEOVER } from '../../dist/bundle/jobs/takeover.js';

Object.assign(TAKEOVER, { lockDuration: 1_500, stalledInterval: 500 });

process.on('SIGUSR2', () => {
  console.error('blocked');
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  while (existsSync(process.env.BLOCKED_BY)) Atomics.wait(nobody, 0, 0, 20);
  console.error('goes on');
});
