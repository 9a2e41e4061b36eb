import { useEffect } from 'react';
import { isolated } from './isolated.js';

/**
 * Sets the document's title.
 *
 * @param title null if a child component sets it
 */
export function usePageTitle(title: string | null): void {
  useEffect(() => {
    if (title !== null) document.title = `${isolated(title)} · Herald`;
  }, [title]);
}
