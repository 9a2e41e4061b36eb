import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Timings } from '../../src/config/environment.js';
import { accepted, CANNOT_TELL, tryToken } from '../support/door.js';
import { type Herald, herald } from '../support/herald.js';
import { type Jwks, startJwks } from '../support/keys.js';
import { leavesNothing } from '../support/metrics.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect } from '../support/ws-client.js';

/** A node and its only source of keys. */
interface Pair {
  node: Herald;
  jwks: Jwks;
}

/** Long enough for no timeout to fire. */
const PATIENT = { admissionMs: 60_000, keyAnswerMs: 60_000, keyCoolDownMs: 600_000 };
const HASTY_MS = 1_000;

const sources: Jwks[] = [];
/** The other nodes share its database and Redis. */
let first: Herald;

beforeAll(async () => {
  first = await herald({ RUN_JOBS: 'false' });
});
afterEach(closeAllClients);
afterAll(async () => {
  await first.stop();
  await Promise.all(sources.map((jwks) => jwks.stop()));
});

/** Starts a node with a good source of keys that `prepare` may alter. */
async function start(
  prepare: (jwks: Jwks) => void | Promise<void> = () => undefined,
  timings: Partial<Timings> = {},
): Promise<Pair> {
  const jwks = await startJwks();
  sources.push(jwks);
  await prepare(jwks);
  const node = await first.another({ KEYCLOAK_JWKS_URL: jwks.url }, { timings: { ...PATIENT, ...timings } });
  return { node, jwks };
}

async function readiness({ url }: Herald): Promise<unknown> {
  const response = await fetch(`${url}/health/ready`);
  return { status: response.status, body: await response.json() };
}

describe('a node without any keys', () => {
  it.each<[string, (jwks: Jwks) => void]>([
    // @abuse JWKS-13
    ['whose source drips', (jwks) => (jwks.answer = drip)],
    // @abuse JWKS-14
    ['whose source answers 429', (jwks) => (jwks.answer = tooMany)],
  ])('%s starts, and closes with 1013 in time, not with 4001', async (_, prepare) => {
    const { node, jwks } = await start(prepare, { keyAnswerMs: HASTY_MS });
    const token = await jwks.sign('alice');
    expect(await tryToken(node, token)).toEqual(CANNOT_TELL);
    expect(await tryToken(node, token)).toEqual(CANNOT_TELL);
    expect(await readiness(node)).toMatchObject({ status: 503, body: { dependencies: { keys: 'down' } } });
    expect(jwks.fetches).toBe(1);
  });

  // @abuse JWKS-15
  it('does not follow a redirect of its source', async () => {
    let trapped = 0;
    const trap = createServer((_, response) => {
      trapped += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const elsewhere = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/certs`;
    const { node, jwks } = await start((each) => {
      each.answer = (_, response) => response.writeHead(302, { location: elsewhere }).end();
    });
    expect(await tryToken(node, await jwks.sign('alice'))).toEqual(CANNOT_TELL);
    expect([jwks.fetches, trapped]).toEqual([1, 0]);
    trap.close();
  });

  // @abuse JWKS-09
  it('is ready as soon as it can get some', async () => {
    const { node, jwks } = await start((each) => each.stop(), { keyCoolDownMs: HASTY_MS });
    const token = await jwks.sign('alice');
    expect(await readiness(node)).toMatchObject({ status: 503, body: { dependencies: { keys: 'down' } } });
    expect(await tryToken(node, token)).toEqual(CANNOT_TELL);
    await jwks.start();
    await until(() => node.isHealthy());
    expect(await tryToken(node, token)).toEqual(accepted('alice'));
    await leavesNothing(node);
  });
});

describe('a node', () => {
  // @abuse JWKS-22
  it('requests keys once for all waiting clients, and admits them all', async () => {
    let release = (): void => undefined;
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    const { node, jwks } = await start((each) => {
      each.answer = (_, response) => void isReleased.then(() => response.end(JSON.stringify({ keys: each.keys })));
    });
    const users = Array.from({ length: 200 }, (_, index) => `user-${index}`);
    const tokens = await Promise.all(users.map((user) => jwks.sign(user)));
    const clients = await Promise.all(tokens.map((token) => connect(`${node.wsUrl}/ws/notifications/?token=${token}`)));
    release();
    const welcomes = await Promise.all(clients.map((client) => client.next()));
    expect(welcomes.map(({ user_id }) => user_id)).toEqual(users);
    expect(jwks.fetches).toBe(1);
    await closeAllClients();
    await leavesNothing(node);
  });

  // @abuse JWKS-12
  it('admits tokens of known keys while its source hangs, and refuses others within the time limit', async () => {
    const { node, jwks } = await start(undefined, { keyAnswerMs: HASTY_MS });
    const known = await jwks.sign('alice');
    const unknown = await jwks.sign('alice', { header: { kid: 'new' } });
    expect(await tryToken(node, known)).toEqual(accepted('alice'));
    jwks.behaviour = 'hang';
    const waiting = tryToken(node, unknown);
    for (let round = 0; round < 5; round += 1) expect(await tryToken(node, known)).toEqual(accepted('alice'));
    expect(await waiting).toEqual(CANNOT_TELL);
    expect(await tryToken(node, unknown)).toEqual(CANNOT_TELL);
    expect(await tryToken(node, known)).toEqual(accepted('alice'));
    expect(jwks.fetches).toBe(2);
    await leavesNothing(node);
  });
});

function tooMany(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(429, { 'retry-after': '9'.repeat(20) }).end();
}

/** Sends bytes steadily, so that only a deadline for the whole request ends it. */
function drip(request: IncomingMessage, response: ServerResponse): void {
  response.write('{"keys":[');
  const timer = setInterval(() => response.write(' '), 100);
  request.socket.once('close', () => clearInterval(timer));
}
