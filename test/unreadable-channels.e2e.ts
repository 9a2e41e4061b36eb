import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { userChannel } from '../src/realtime/broker/channel.js';
import { RedisKeys } from '../src/realtime/broker/redis-keys.js';
import { BroadcastService } from '../src/realtime/index.js';
import { until } from '../src/realtime/testing/until.js';
import { type Herald, herald } from './support/herald.js';
import { inTurns } from './support/in-turns.js';
import { closeAllClients } from './support/ws-client.js';

/** More than are recovered at a time. */
const UNREADABLE = 250;
const PATH = '/ws/notifications/';

let node: Herald;
let admin: Redis;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false' });
  admin = new Redis(node.redis.url);
});
afterAll(async () => {
  await closeAllClients();
  admin.disconnect();
  await node.stop();
});

it('Channels that can’t be read delay neither the recovery of others nor clients that resume', async () => {
  const broadcast = node.app.get(BroadcastService, { strict: false });
  const users = Array.from({ length: UNREADABLE }, (_, n) => `user-${n}`);
  // They connect first, so that they are recovered first.
  const stuck = await inTurns(UNREADABLE, 20, (n) => node.join(PATH, users[n] ?? ''));
  const zoe = await node.join(PATH, 'zoe');
  const left = await node.join(PATH, 'yves');
  const cursor = String(left.received[0]?.cursor);
  await left.close();

  const keys = new RedisKeys(0);
  const positions = users.map((userId) => keys.position(userChannel.of(userId)));
  await admin.del(...positions);
  await admin.mset(Object.fromEntries(positions.map((key) => [key, 'no hash'])));
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  for (const userId of ['zoe', 'yves']) await broadcast.broadcastNotification(userId, { title: 'Missed' });

  await until(() => zoe.received.some(({ notification }) => notification !== undefined));
  await node.recovered();
  const again = await node.join(PATH, 'yves', { cursor });
  expect(again.received[0]).toMatchObject({ resumed: true });
  expect(await again.next()).toMatchObject({ notification: { title: 'Missed' } });

  await admin.del(...positions);
  await broadcast.broadcastNotification(users.at(-1) ?? '', { title: 'Back' });
  await until(() => stuck.at(-1)?.received.some(({ notification }) => notification !== undefined) === true);
});
