import type { Principal } from '../connection/principal.js';

const HOUR_MS = 3_600_000;

/**
 * Replaces authentication: every token is the id of its user, such as `test-user-123`, and needs no key. In tests give it
 * to `RealtimeModule.forRoot` as `tokenVerifier`; in Herald itself, see `docs/testing.md`.
 */
export const testUsers = {
  verify: (token: string): Promise<Principal> =>
    Promise.resolve({
      userId: token,
      email: null,
      name: null,
      roles: new Set(),
      expiresAt: new Date(Date.now() + HOUR_MS),
      sessionId: null,
    }),
};
