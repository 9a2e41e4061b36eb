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

/** Applies the stored colour scheme, or the system's. */
export function applyTheme(): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** If the browser blocks storage, even reading it throws. */
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
    // Without storage, the choice lasts until the page is closed.
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

/** Switches between the system's colour scheme, light and dark. */
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
