import { useMutation } from '@tanstack/react-query';

export interface Action<A extends unknown[]> {
  /** Never rejects: what went wrong is in `error`. */
  run: (...args: A) => Promise<void>;
  isRunning: boolean;
  error: Error | null;
}

/** Something that a user starts and that may fail, one at a time. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<void>): Action<A> {
  const { mutateAsync, isPending, error } = useMutation({ mutationFn: (args: A) => work(...args) });
  const run = async (...args: A): Promise<void> => {
    if (isPending) return;
    // Told by `error`, which the component shows.
    await mutateAsync(args).catch(() => undefined);
  };
  return { run, isRunning: isPending, error };
}
