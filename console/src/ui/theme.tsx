import { Monitor, Moon, Sun } from 'lucide-react';
import { useSyncExternalStore } from 'react';

type Theme = 'system' | 'light' | 'dark';

const KEY = 'herald.theme';
const THEMES = [
  { theme: 'system', label: 'System', icon: Monitor },
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
] as const;
const listeners = new Set<() => void>();
let theme = storedTheme();

/** Takes the scheme that was chosen on this machine; without one, that of the system holds. */
export function applyTheme(): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Where a browser blocks storage, as of sites that may keep nothing, even to look at it throws. */
function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

function storeTheme(): void {
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // It then holds for as long as the page does.
  }
}

function choose(chosen: Theme): void {
  theme = chosen;
  storeTheme();
  applyTheme();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Chooses between the system's colour scheme, light and dark. */
export function ThemeSwitch() {
  const current = useSyncExternalStore(subscribe, () => theme);
  return (
    <div className="theme-switch" role="group" aria-label="Colour scheme">
      {THEMES.map(({ theme: each, label, icon: Icon }) => (
        <button key={each} type="button" aria-pressed={each === current} title={label} onClick={() => choose(each)}>
          <Icon size={14} aria-hidden="true" />
          <span>{label}</span>
        </button>
      ))}
    </div>
  );
}
