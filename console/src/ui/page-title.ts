import { useEffect } from 'react';
import { isolated } from './isolated.js';

/**
 * Names the page in the tab of the browser.
 *
 * @param title null where a part of the page names it
 */
export function usePageTitle(title: string | null): void {
  useEffect(() => {
    if (title !== null) document.title = `${isolated(title)} · Herald`;
  }, [title]);
}
