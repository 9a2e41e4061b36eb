/**
 * Preloaded into each measured server: collects its garbage on SIGUSR2, so that its memory shows only what it holds.
 * The flag is set here because Herald's process takes options by `NODE_OPTIONS` only, which doesn't accept it in Node 20.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => collect());
}
