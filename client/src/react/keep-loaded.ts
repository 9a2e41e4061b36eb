import type { Frames } from '../tabs/tab-connection.js';
import type { LiveEndpoint } from './live-endpoint.js';
import type { Loading } from './loading.js';

/** As long as that a connection may take before something is shown without it. */
const PATIENCE_MS = 1_500;

/**
 * Loads what frames then keep up to date: once connected, so that nothing falls between the two, or when there is no connection
 * for the time being; and anew when frames may have been missed.
 * @param isTold whether frames are repeated on resuming
 * @returns what ends that
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
      // Of what is not to be resumed, 'refetch' tells.
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
