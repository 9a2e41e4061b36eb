import { type RefObject, useEffect, useRef } from 'react';

/**
 * Remembers the focused element.
 * @returns a function that restores the focus; if the element is gone, it focuses its section's heading or the page
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

/** Moves the focus from a button in a row that is about to go to the same button in the next row, or in the one before. */
export function passFocusOn(button: HTMLElement): void {
  const { does } = button.dataset;
  const peers = [...(button.closest('ul')?.querySelectorAll<HTMLElement>(`[data-does="${does}"]`) ?? [])];
  const index = peers.indexOf(button);
  const next = peers[index + 1] ?? peers[index - 1] ?? button.closest<HTMLElement>('[role="dialog"]');
  next?.focus();
}

/** Focuses an element when the address changes, because the link that was followed is often gone. */
export function useFocusOnMove(place: string, target: RefObject<HTMLElement | null>): void {
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    target.current?.focus({ preventScroll: true });
  }, [place, target]);
}
