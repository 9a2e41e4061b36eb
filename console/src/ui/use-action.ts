import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { describeProblem } from '../api/problem.js';
import { useToast } from './toasts.js';

export interface Action<A extends unknown[]> {
  /** Never rejects: failures go to `error`, or to a toast once the component is gone. */
  run: (...args: A) => Promise<void>;
  isRunning: boolean;
  error: Error | null;
}

/**
 * An action that a user starts and that may fail, one at a time.
 *
 * @param onDone for example closes the dialog; not called once the component is gone, as another one may be open by then
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
  // A ref, because a second click can come before `isPending` is rendered.
  const isBusy = useRef(false);
  const run = async (...args: A): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    // `error` or the toast reports it.
    await mutateAsync(args).catch(() => undefined);
    isBusy.current = false;
  };
  return { run, isRunning: isPending, error };
}
