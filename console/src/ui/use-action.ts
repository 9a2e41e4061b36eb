import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';

export interface Action<A extends unknown[]> {
  /** Never rejects: what went wrong is in `error`. */
  run: (...args: A) => Promise<void>;
  isRunning: boolean;
  error: Error | null;
}

/** Something that a user starts and that may fail, one at a time. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<void>): Action<A> {
  const { mutateAsync, isPending, error } = useMutation({ mutationFn: (args: A) => work(...args) });
  // Set at once: a second click comes before `isPending` is rendered.
  const isBusy = useRef(false);
  const run = async (...args: A): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    // Told by `error`, which the component shows.
    await mutateAsync(args).catch(() => undefined);
    isBusy.current = false;
  };
  return { run, isRunning: isPending, error };
}
