import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Environment } from '../../src/config/environment.js';
import type { Message, Publication } from '../../src/realtime/broker/broker.js';
import { userChannel } from '../../src/realtime/broker/channel.js';
import { RealtimeRedis } from '../../src/realtime/broker/realtime-redis.js';
import { RedisBroker } from '../../src/realtime/broker/redis-broker.js';
import { redisAt } from '../support/deployment.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';

const channel = userChannel.of('alice');
const received: Publication[] = [];

let server: RedisServer;
let proxy: TcpProxy;
let connection: RealtimeRedis;
let broker: RedisBroker;

beforeAll(async () => {
  server = await startRedis();
  proxy = await TcpProxy.start(server);
  const { redis } = new Environment(redisAt(proxy));
  if (redis === null) throw new Error('No Redis was configured');
  connection = new RealtimeRedis(redis);
  broker = new RedisBroker(connection, { size: 5, ttlSeconds: 60 });
  await broker.onModuleInit();
  const ignore = (): void => undefined;
  broker.listen({
    receive: (publication) => received.push(publication),
    signalled: ignore,
    interrupted: ignore,
    resynchronize: ignore,
    doubt: ignore,
    disregard: ignore,
  });
  await broker.subscribe(channel);
});
afterAll(async () => {
  broker.onApplicationShutdown();
  connection.onApplicationShutdown();
  await proxy.stop();
  await server.stop();
});

function message(): Message {
  const common = { channel, body: '{"a":1}', except: null, formerPosition: null } as const;
  return { ...common, id: randomUUID(), idempotencyKey: randomUUID() };
}

/** Publishes a message that Redis refuses with this error. */
async function refused(error: string): Promise<Message> {
  const sent = message();
  const isAnswered = proxy.answerOn(sent.id, `-${error}\r\n`);
  await expect(broker.publish(sent)).rejects.toMatchObject({ name: 'UnavailableError', dependency: 'redis' });
  await isAnswered;
  return sent;
}

describe('a Redis that answers with an error', () => {
  it.each([
    'LOADING Redis is loading the dataset in memory',
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    'NOAUTH Authentication required.',
    'NOPERM this user has no permissions to run this command',
    'MOVED 3999 127.0.0.1:6381',
    'CLUSTERDOWN The cluster is down',
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
    'BUSY Redis is busy running a script.',
    'ERR something that nobody has foreseen',
    // @abuse RED-11
  ])('fails that publication as unavailable, and accepts the retry (%s)', async (error) => {
    const sent = await refused(error);
    const isAccepted = (): Promise<boolean> =>
      broker.publish(sent).then(
        () => true,
        () => false,
      );
    await until(isAccepted);
    await until(() => received.at(-1)?.id === sent.id);
    expect(received.filter(({ id }) => id === sent.id)).toHaveLength(1);
  });

  // @abuse RED-11
  it('makes the broker reconnect if it says that it has become a replica', async () => {
    const closed = once(connection.commands, 'close');
    await refused("READONLY You can't write against a read only replica.");
    await closed;
    await until(() => broker.isConnected());
  });
});
