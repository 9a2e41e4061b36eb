import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { BroadcastService } from '../../src/realtime/index.js';
import { Deployment } from '../support/deployment.js';
import type { HeraldProcess } from '../support/herald-process.js';
import { sample } from '../support/metrics.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** Limits the publications in flight, so that none waits long for an answer. */
const AT_ONCE = 100;
const DEFAULT_LIMIT = '33554432 8388608 60';

let admin: Redis;
let deployment: Deployment;
let frozen: HeraldProcess;

beforeAll(async () => {
  deployment = await Deployment.start();
  admin = new Redis(deployment.redis.url);
  // Lets clients lag by everything published here, as this tests the link from Redis, not slow clients.
  frozen = await deployment.startProcess({ WS_MAX_BUFFERED_BYTES: String(64 * 1_048_576) });
});
afterEach(async () => {
  await closeAllClients();
  frozen.resume();
  await limitLink(DEFAULT_LIMIT);
});
afterAll(async () => {
  await deployment.stop();
  admin.disconnect();
});

/** Sets how much Redis may buffer for a subscriber: hard limit, soft limit, and the seconds for the soft one. */
async function limitLink(limit: string): Promise<void> {
  await admin.config('SET', 'client-output-buffer-limit', `pubsub ${limit}`);
}

async function publish(from: number, to: number, bytes: number): Promise<void> {
  const broadcast = deployment.nodes[0].app.get(BroadcastService, { strict: false });
  const filler = 'x'.repeat(bytes);
  for (let n = from; n < to; n += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, to - n) }, (_, index) => n + index);
    await Promise.all(
      numbers.map((each) => broadcast.broadcastOrgEvent(deployment.orgId, 'test.numbered', { n: each, filler })),
    );
  }
}

/** The number of subscriber links. */
async function subscribers(): Promise<number> {
  const list = String(await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
  return list.split('\n').filter((line) => line.startsWith('id=')).length;
}

/** Publishes while the node is suspended, until Redis closes its link because the buffer is full. */
async function overrun(count: number, bytes: number): Promise<void> {
  const before = await subscribers();
  frozen.pause();
  await publish(1, count, bytes);
  await until(async () => (await subscribers()) === before - 1);
  frozen.resume();
}

describe('a suspended node whose link Redis closes because the buffer is full', () => {
  // @abuse RED-14
  it('closes its clients if it missed more than history holds, and they can’t resume', async () => {
    const client = await deployment.watch(frozen);
    await publish(0, 1, 10_000);
    await until(() => client.has(0));
    await overrun(8_000, 10_000);
    expect(await client.closed(20_000)).toEqual({ code: 1013, reason: 'stream_lost' });
    expect(await sample(frozen, 'herald_closes_total{code="1013",reason="stream_lost"}')).toBe(1);
    // What arrived before the close has no gap.
    expect(client.numbers).toEqual(client.numbers.map((_, n) => n));
    expect(client.numbers.length).toBeLessThan(8_000);
    expect(await client.resume(frozen)).toBe(false);
    await publish(8_000, 8_001, 10);
    await until(() => client.has(8_000));
    expect(client.numbers.filter((n) => n >= 8_000)).toEqual([8_000]);
  });

  // @abuse RED-14
  it('fetches the missed events for its clients if history holds them, and closes none', async () => {
    await limitLink('262144 0 0');
    const client = await deployment.watch(frozen);
    await publish(0, 1, 60_000);
    await until(() => client.has(0));
    await overrun(250, 60_000);
    await until(() => client.has(249));
    await publish(250, 251, 10);
    await until(() => client.has(250));
    expect(client.account(251)).toEqual(NOTHING_AMISS);
    expect(client.isOpen).toBe(true);
  });
});
