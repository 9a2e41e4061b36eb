import { createContext, type ReactNode, use, useCallback, useEffect, useRef, useState } from 'react';

const QUIET_MS = 1_500;

const AnnounceContext = createContext<(text: string) => void>(() => undefined);

/** Announces a text to screen readers only. */
export function useAnnounce(): (text: string) => void {
  return use(AnnounceContext);
}

/** Announces only the last text of a burst: no one can listen to twenty events a second. */
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
