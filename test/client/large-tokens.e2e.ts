import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Herald, herald } from '../support/herald.js';
import { type Jwks, startJwks } from '../support/keys.js';
import { closeAllConnections, watchNotifications } from './watch.js';

let jwks: Jwks;
let node: Herald;

beforeAll(async () => {
  jwks = await startJwks();
  // The default of Node and many proxies.
  node = await herald({ KEYCLOAK_JWKS_URL: jwks.url, RUN_JOBS: 'false', HTTP_MAX_HEADER_BYTES: '16384' });
});
afterEach(closeAllConnections);
afterAll(async () => {
  await node.stop();
  await jwks.stop();
});

it('uses a ticket if a token with 370 roles is too large for a subprotocol', async () => {
  const roles = Array.from({ length: 370 }, (_, n) => `team-${n}-of-the-company-editor`.slice(0, 22));
  const token = await jwks.sign('alice', { claims: { realm_access: { roles } } });
  expect(token.length).toBeGreaterThan(12_300);
  const watch = await watchNotifications({ url: node.url, getToken: () => token });
  expect(watch.connection.state).toMatchObject({ userId: 'alice', closed: { code: 1006 } });
  expect(watch.faults).toEqual([]);
});
