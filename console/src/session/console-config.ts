/** A demo user of the development server. */
export interface DevelopmentUser {
  user_id: string;
  name: string;
  email: string;
  roles: readonly string[];
  /** The user's part in the demo. */
  about: string;
}

export interface DevelopmentConfig {
  mode: 'development';
  users: readonly DevelopmentUser[];
}

export interface OidcConfig {
  mode: 'oidc';
  authority: string;
  client_id: string;
}

/** The server knows the provider's keys, but not its address. */
export interface UnconfiguredConfig {
  mode: 'unconfigured';
}

/** How users sign in: as a demo user, at an identity provider, or not at all. */
export type ConsoleConfig = (DevelopmentConfig | OidcConfig | UnconfiguredConfig) & {
  /** Whether the server accepts live connections from this page's origin. */
  allows_origin: boolean;
};

const PATIENCE_MS = 20_000;

export async function fetchConsoleConfig(signal: AbortSignal): Promise<ConsoleConfig> {
  const response = await fetch(`/console.json?origin=${encodeURIComponent(location.origin)}`, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  });
  const config: unknown = response.ok ? await response.json() : null;
  if (isConsoleConfig(config)) return config;
  throw new Error(`/console.json must have a sign-in mode and allows_origin; the server answered ${response.status}`);
}

function isConsoleConfig(value: unknown): value is ConsoleConfig {
  if (typeof value !== 'object' || value === null || !('mode' in value && 'allows_origin' in value)) return false;
  if (value.mode === 'development') return 'users' in value && Array.isArray(value.users);
  if (value.mode === 'unconfigured') return true;
  return value.mode === 'oidc' && 'authority' in value && 'client_id' in value;
}
