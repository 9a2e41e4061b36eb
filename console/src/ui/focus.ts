import { type RefObject, useEffect, useRef } from 'react';

/**
 * Remembers what has the focus. The answer gives it back; where that is gone meanwhile, it goes to the heading of the section
 * that it was in, or to the page.
 */
export function rememberFocus(): () => void {
  const before = document.activeElement;
  const section = before?.closest('section');
  return () => {
    if (before instanceof HTMLElement && before.isConnected) {
      before.focus();
      return;
    }
    const heading = section?.isConnected === true ? section.querySelector<HTMLElement>('h2[tabindex]') : null;
    (heading ?? document.querySelector('main'))?.focus();
  };
}

/** Hands the focus on from a button of a row that is about to go: to the same one of the next row, or of the row before. */
export function passFocusOn(button: HTMLElement): void {
  const { does } = button.dataset;
  const peers = [...(button.closest('ul')?.querySelectorAll<HTMLElement>(`[data-does="${does}"]`) ?? [])];
  const index = peers.indexOf(button);
  const next = peers[index + 1] ?? peers[index - 1] ?? button.closest<HTMLElement>('[role="dialog"]');
  next?.focus();
}

/** Moves the focus to an element whenever the address leads to something else in it: the link that led there is often gone. */
export function useFocusOnMove(place: string, target: RefObject<HTMLElement | null>): void {
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    target.current?.focus({ preventScroll: true });
  }, [place, target]);
}
