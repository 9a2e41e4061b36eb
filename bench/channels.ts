/**
 * What 100,000 channels at rest cost Redis, and how soon all are live again after the link for receiving was cut, with 1 ms
 * to Redis. The channels have members without sockets: it is about channels, not about connections.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { userChannel } from '../src/realtime/broker/channel.js';
import type { Connection } from '../src/realtime/connection/connection.js';
import { Hub } from '../src/realtime/hub/hub.js';
import { BroadcastService } from '../src/realtime/index.js';
import { TcpProxy } from '../src/realtime/testing/tcp-proxy.js';
import { until } from '../src/realtime/testing/until.js';
import { herald } from '../test/support/herald.js';
import { inTurns } from '../test/support/in-turns.js';
import { startRedis } from '../test/support/servers.js';
import { table, writeResults } from './results.js';

const CHANNELS = 100_000;
const LATENCY_MS = 1;
const REST_MS = 30_000;
const ROUNDS = 3;
const [GOAL_COMMANDS, GOAL_MS] = [100, 3_000];

const userOf = (n: number): string => `user-${n}`;

/** A member of a user's channel that only counts what it is sent. */
class Counter {
  received = 0;
  wasClosed = false;
  readonly isOpen = true;
  readonly isLive = true;
  readonly memberSince = null;
  readonly admission;
  readonly principal;

  constructor(readonly id: string) {
    this.admission = { channel: userChannel.of(id), endpoint: 'notifications' };
    this.principal = { userId: id };
  }

  caused(): boolean {
    return false;
  }

  deliver(): void {
    this.received += 1;
  }

  close(): void {
    this.wasClosed = true;
  }
}

/** @returns whether the goals were reached */
export async function run(print: (line: string) => void): Promise<boolean> {
  const redis = await startRedis();
  const proxy = await TcpProxy.start(redis, LATENCY_MS);
  const admin = new Redis(redis.url);
  const node = await herald({
    REDIS_HOST: proxy.host,
    REDIS_PORT: String(proxy.port),
    RUN_JOBS: 'false',
    SHUTDOWN_GRACE_MS: '1000',
  });
  const commands = async (): Promise<number> =>
    Number(/^total_commands_processed:(\d+)/m.exec(await admin.info('stats'))?.[1]);
  try {
    const hub = node.app.get(Hub, { strict: false });
    const broadcast = node.app.get(BroadcastService, { strict: false });
    const members = Array.from({ length: CHANNELS }, (_, n) => new Counter(userOf(n)));
    // Has what the hub uses of a connection.
    await inTurns(CHANNELS, 200, (n) => hub.add(members[n] as unknown as Connection));
    await wait(5_000);
    const before = await commands();
    await wait(REST_MS);
    // Without its own question.
    const rate = ((await commands()) - before - 1) / (REST_MS / 1_000);

    const times: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const start = performance.now();
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      // The last channel is the last to be live again.
      const last = members.at(-1);
      await broadcast.broadcastNotification(userOf(CHANNELS - 1), { title: 'Last' }, { ephemeral: true });
      await until(() => last?.received === round, 60_000);
      times.push(performance.now() - start);
      for (let n = 0; n < CHANNELS; n += 1_000) {
        await broadcast.broadcastNotification(userOf(n), { title: 'Any' }, { ephemeral: true });
        await until(() => members[n]?.received === round);
      }
    }
    const closed = members.filter(({ wasClosed }) => wasClosed).length;
    const median = times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Infinity;
    const count = CHANNELS.toLocaleString('en');
    const rows = [
      [`${count} channels at rest: Redis commands a second`, rate.toFixed(0), String(GOAL_COMMANDS)],
      [
        `${count} channels live again after a cut, ${LATENCY_MS} ms to Redis`,
        `${median.toFixed(0)} ms`,
        `${GOAL_MS} ms`,
      ],
    ];
    for (const row of rows) print(row.join(' | '));
    await writeResults('channels', table(['', 'Measured', 'Goal'], rows));
    return rate <= GOAL_COMMANDS && median <= GOAL_MS && closed === 0;
  } finally {
    admin.disconnect();
    await node.stop();
    await proxy.stop();
    await redis.stop();
  }
}
