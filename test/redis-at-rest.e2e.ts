import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { until } from '../src/realtime/testing/until.js';
import { type Herald, herald } from './support/herald.js';
import { inTurns } from './support/in-turns.js';
import { closeAllClients } from './support/ws-client.js';

const CHANNELS = 300;
const SECONDS = 4;

let node: Herald;
let admin: Redis;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false' });
  admin = new Redis(node.redis.url);
  await inTurns(CHANNELS, 20, (n) => node.join('/ws/notifications/', `user-${n}`));
});
afterAll(async () => {
  await closeAllClients();
  admin.disconnect();
  await node.stop();
});

/** How many commands Redis has processed. */
async function commands(): Promise<number> {
  return Number(/^total_commands_processed:(\d+)/m.exec(await admin.info('stats'))?.[1]);
}

it('Channels at rest cost Redis next to nothing: its commands don’t grow with them', async () => {
  const [before, start] = [await commands(), performance.now()];
  await until(() => performance.now() - start > SECONDS * 1_000);
  const seconds = (performance.now() - start) / 1_000;
  // A check of each channel every 15 s alone would be 20 a second.
  expect(((await commands()) - before) / seconds).toBeLessThan(15);
});
