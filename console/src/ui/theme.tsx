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

/** Takes the scheme that was chosen on this machine; without one, that of the system holds. */
export function applyTheme(): void {
  const theme = readTheme();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function readTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function choose(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  applyTheme();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Chooses between the system's colour scheme, light and dark. */
export function ThemeSwitch() {
  const current = useSyncExternalStore(subscribe, readTheme);
  return (
    <div className="theme-switch" role="group" aria-label="Colour scheme">
      {THEMES.map(({ theme, label, icon: Icon }) => (
        <button key={theme} type="button" aria-pressed={theme === current} title={label} onClick={() => choose(theme)}>
          <Icon size={14} aria-hidden="true" />
          <span>{label}</span>
        </button>
      ))}
    </div>
  );
}
