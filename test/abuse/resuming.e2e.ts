import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../../src/realtime/index.js';
import { useAbusedNode } from '../support/abused-node.js';
import type { ApiClient } from '../support/api-client.js';
import { inTurns } from '../support/in-turns.js';
import { until } from '../../src/realtime/testing/until.js';
import { type Frame, type TestClient } from '../support/ws-client.js';

const MISSED = 200;
const STORM = 300;
const SEAMS = 100;
const EVENTS_A_SEAM = 8;

const abused = useAbusedNode({ WS_MAX_CONNECTIONS_PER_USER: '0' });
let broadcast: BroadcastService;
let owner: ApiClient;
let token: string;
let orgId: string;

beforeAll(async () => {
  broadcast = abused.node.app.get(BroadcastService, { strict: false });
  owner = await abused.node.api('owner');
  token = await abused.node.tokenFor('owner');
});
beforeEach(async () => {
  orgId = (await owner.post('/orgs', { name: 'Acme' })).body.id;
});

async function enter(cursor?: string): Promise<TestClient> {
  const client = await abused.node.join(`/ws/events/${orgId}/`, 'owner', { token, cursor });
  expect(client.received[0]?.resumed).toBe(cursor === undefined ? undefined : true);
  return client;
}

async function publish(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) await broadcast.broadcastOrgEvent(orgId, 'test.numbered', { n });
}

/** The cursor of the last frame. */
function cursorOf({ received }: TestClient): string {
  const cursor = received.at(-1)?.cursor;
  return typeof cursor === 'string' ? cursor : 'none';
}

const numbersOf = ({ received }: TestClient): unknown[] =>
  received.slice(1).map(({ data }) => (data as { n?: unknown } | undefined)?.n);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('clients that resume', () => {
  // @abuse RES-02
  it('get each event once and in order, whenever they reconnect', async () => {
    const first = await enter();
    let cursor = cursorOf(first);
    for (let seam = 0; seam < SEAMS; seam += 1) {
      const flowing = (async () => {
        for (let n = 0; n < EVENTS_A_SEAM; n += 1) {
          await publish(n, n + 1);
          for (let turn = 0; turn < seam % 13; turn += 1) await nextTurn();
        }
      })();
      const client = await enter(cursor);
      await flowing;
      await until(() => client.received.length > EVENTS_A_SEAM);
      expect(numbersOf(client)).toEqual(upTo(EVENTS_A_SEAM));
      cursor = cursorOf(client);
      await client.close();
    }
    await until(() => first.received.length > SEAMS * EVENTS_A_SEAM);
    expect(numbersOf(first)).toEqual(Array.from({ length: SEAMS }, () => upTo(EVENTS_A_SEAM)).flat());
  });

  // @abuse RES-01, RES-07
  it('all at once get everything they missed, then live events, and do not delay others', async () => {
    const first = await enter();
    const cursor = cursorOf(first);
    await publish(0, MISSED);
    const storm = inTurns(STORM, 50, () => enter(cursor));
    await publish(MISSED, MISSED + 1);
    await until(() => numbersOf(first).length === MISSED + 1);
    const clients = await storm;
    await publish(MISSED + 1, MISSED + 2);
    await until(() => clients.every(({ received }) => received.length === MISSED + 3));
    for (const client of clients) expect(numbersOf(client)).toEqual(upTo(MISSED + 2));
  });
});

describe('a client that connects for the first time', () => {
  // @abuse RES-10
  it('misses nothing if it connects before reading over REST, whatever happens in between', async () => {
    const path = `/orgs/${orgId}/resources`;
    const made: string[] = [];
    const making = (async () => {
      for (let n = 0; n < 30; n += 1) made.push((await owner.post(path, { name: `Report ${n}` })).body.id as string);
    })();
    await until(() => made.length > 5);
    const client = await enter();
    await until(() => made.length > 15);
    const { items } = (await owner.get(`${path}?limit=100`)).body as { items: { id: string }[] };
    await making;
    const idsOf = ({ data }: Frame) => (data as { resource_id?: string } | undefined)?.resource_id;
    await until(() => client.received.map(idsOf).includes(made.at(-1)));
    const known = new Set([...items.map(({ id }) => id), ...client.received.map(idsOf)]);
    expect(made.filter((id) => !known.has(id))).toEqual([]);
    expect(items.length).toBeGreaterThan(5);
    expect(items.length).toBeLessThan(made.length);
  });
});
