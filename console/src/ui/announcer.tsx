import { createContext, type ReactNode, use, useCallback, useEffect, useRef, useState } from 'react';

const QUIET_MS = 1_500;

const AnnounceContext = createContext<(text: string) => void>(() => undefined);

/** Says something to screen readers only. */
export function useAnnounce(): (text: string) => void {
  return use(AnnounceContext);
}

/** Passes on what is to be said, but in a burst only the last: nobody can listen to twenty events a second. */
export function Announcer({ children }: { children: ReactNode }) {
  const [text, setText] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const announce = useCallback((next: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setText(next), QUIET_MS);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="visually-hidden" role="status" aria-live="polite">
        {text}
      </div>
    </AnnounceContext>
  );
}
