// For `node --import`: a worker whose locks end soon, and whose event loop stands still on SIGUSR2 for as long as there is the file
// that BLOCKED_BY names.
import { existsSync } from 'node:fs';
import { TAKEOVER } from '../../dist/bundle/jobs/takeover.js';

Object.assign(TAKEOVER, { lockDuration: 1_500, stalledInterval: 500 });

process.on('SIGUSR2', () => {
  console.error('blocked');
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  while (existsSync(process.env.BLOCKED_BY)) Atomics.wait(nobody, 0, 0, 20);
  console.error('goes on');
});
