import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { describeProblem } from '../api/problem.js';
import { useToast } from './toasts.js';

export interface Action<A extends unknown[]> {
  /** Never rejects: what went wrong is in `error`, and in a toast once the component is gone. */
  run: (...args: A) => Promise<void>;
  isRunning: boolean;
  error: Error | null;
}

/**
 * Something that a user starts and that may fail, one at a time.
 *
 * @param onDone such as closing the dialog; not called once the component is gone: by then another one may be open
 */
export function useAction<A extends unknown[]>(
  work: (...args: A) => Promise<void>,
  onDone: () => void = () => undefined,
): Action<A> {
  const toast = useToast();
  const isShown = useRef(false);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);

  const { mutateAsync, isPending, error } = useMutation({
    mutationFn: (args: A) => work(...args),
    onSuccess: () => {
      if (isShown.current) onDone();
    },
    onError: (problem) => {
      if (isShown.current) return;
      toast({ title: 'Action failed', body: describeProblem(problem), tone: 'danger', isSticky: true });
    },
  });
  // Set at once: a second click comes before `isPending` is rendered.
  const isBusy = useRef(false);
  const run = async (...args: A): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    // Told by `error`, or by the toast.
    await mutateAsync(args).catch(() => undefined);
    isBusy.current = false;
  };
  return { run, isRunning: isPending, error };
}
