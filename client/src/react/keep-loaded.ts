import type { Frames } from '../tabs/tab-connection.js';
import type { LiveEndpoint } from './live-endpoint.js';
import type { Loading } from './loading.js';

/** How long to wait for the connection before loading without it. */
const PATIENCE_MS = 1_500;

/**
 * Loads what frames then keep up to date. It loads once connected, so that no change is missed in between, or without a connection
 * if that takes long; and reloads when frames may have been missed.
 * @param isTold whether frames are repeated on resuming
 * @returns a function that stops it
 */
export function keepLoaded<F extends Frames>(endpoint: LiveEndpoint<F>, loading: Loading, isTold: boolean): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasBegun = false;
  const load = (): void => {
    hasBegun = true;
    clearTimeout(timer);
    void loading.now();
  };
  const begin = (): void => {
    if (!hasBegun) load();
  };
  const release = endpoint.retain();
  const offs = [
    endpoint.on('welcome', ({ resumed }) => {
      // A failed resume is followed by 'refetch'.
      if (resumed === undefined || !isTold || (resumed && !loading.isGood)) load();
    }),
    endpoint.on('refetch', () => isTold && load()),
    endpoint.on('state', ({ status }) => {
      if (status !== 'connecting' && status !== 'connected') begin();
    }),
  ];
  const { status } = endpoint.state;
  if (status === 'connecting') timer = setTimeout(begin, PATIENCE_MS);
  else load();
  return () => {
    clearTimeout(timer);
    for (const off of offs) off();
    loading.stop();
    release();
  };
}
