import { useEffect } from 'react';
import { isolated } from './isolated.js';

/** Names the page in the tab of the browser. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${isolated(title)} · Herald`;
  }, [title]);
}
