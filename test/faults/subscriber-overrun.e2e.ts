import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { BroadcastService } from '../../src/realtime/index.js';
import { Deployment } from '../support/deployment.js';
import type { HeraldProcess } from '../support/herald-process.js';
import { sample } from '../support/metrics.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { until } from '../support/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** In flight at a time, so that nothing waits for an answer for long. */
const AT_ONCE = 100;
const DEFAULT_LIMIT = '33554432 8388608 60';

let admin: Redis;
let deployment: Deployment;
let frozen: HeraldProcess;

beforeAll(async () => {
  deployment = await Deployment.start();
  admin = new Redis(deployment.redis.url);
  // It lets its clients lag by all that is published here: this is about the link from Redis.
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

/** How much Redis may owe to who subscribes: hard limit, soft limit, and for how many seconds this. */
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

/** The links of nodes that wait for messages. */
async function subscribers(): Promise<number> {
  const list = String(await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
  return list.split('\n').filter((line) => line.startsWith('id=')).length;
}

/** Publishes while the node does nothing, until Redis has given its link up for what it owes it. */
async function overrun(count: number, bytes: number): Promise<void> {
  const before = await subscribers();
  frozen.pause();
  await publish(1, count, bytes);
  await until(async () => (await subscribers()) === before - 1);
  frozen.resume();
}

describe('a node whose event loop stands still, and whose link Redis gives up for what it owes it', () => {
  // @abuse RED-14
  it('sends its clients away when 8,000 events of 10 KB are more than history has, and they start anew', async () => {
    const client = await deployment.watch(frozen);
    await publish(0, 1, 10_000);
    await until(() => client.has(0));
    await overrun(8_000, 10_000);
    expect(await client.closed(20_000)).toEqual({ code: 1013, reason: 'stream_lost' });
    expect(await sample(frozen, 'herald_closes_total{code="1013",reason="stream_lost"}')).toBe(1);
    // Up to there it is one row, without a gap.
    expect(client.numbers).toEqual(client.numbers.map((_, n) => n));
    expect(client.numbers.length).toBeLessThan(8_000);
    expect(await client.resume(frozen)).toBe(false);
    await publish(8_000, 8_001, 10);
    await until(() => client.has(8_000));
    expect(client.numbers.filter((n) => n >= 8_000)).toEqual([8_000]);
  });

  // @abuse RED-14
  it('fetches for its clients what was lost on the way and history has, and closes nobody', async () => {
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
