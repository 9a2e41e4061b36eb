import { randomUUID } from 'node:crypto';
import { Environment } from '../../src/config/environment.js';
import type { Broker, HistoryLimits, Message, Publication } from '../../src/realtime/broker/broker.js';
import type { Channel } from '../../src/realtime/broker/channel.js';
import { RealtimeRedis } from '../../src/realtime/broker/realtime-redis.js';
import { RedisBroker } from '../../src/realtime/broker/redis-broker.js';

export const LIMITS: HistoryLimits = { size: 5, ttlSeconds: 60 };

/** One process's broker, with everything it delivered. */
export interface BrokerProcess {
  broker: Broker;
  received: Publication[];
  /** Each as topic and payload. */
  signals: string[];
  counters: { interruptions: number; foreign: number };
  stop(): void;
}

export function listen(broker: Broker, stop: () => void = () => undefined): BrokerProcess {
  const received: Publication[] = [];
  const signals: string[] = [];
  const counters = { interruptions: 0, foreign: 0 };
  broker.listen({
    receive: (publication) => received.push(publication),
    signalled: (topic, payload) => signals.push(`${topic} ${payload.toString()}`),
    interrupted: () => undefined,
    doubt: () => undefined,
    resynchronize: () => (counters.interruptions += 1),
    disregard: () => (counters.foreign += 1),
  });
  return { broker, received, signals, counters, stop };
}

/** A process that uses the Redis or cluster from the variables. */
export async function redisProcess(variables: Record<string, string>): Promise<BrokerProcess> {
  const { redis } = new Environment(variables);
  if (redis === null) throw new Error('No Redis was configured');
  const connection = new RealtimeRedis(redis);
  const broker = new RedisBroker(connection, LIMITS);
  await broker.onModuleInit();
  return listen(broker, () => {
    broker.onApplicationShutdown();
    connection.onApplicationShutdown();
  });
}

export function message(channel: Channel, text: string, idempotencyKey: string | null = null): Message {
  return {
    id: randomUUID(),
    channel,
    body: JSON.stringify({ text }),
    idempotencyKey,
    except: null,
    formerPosition: null,
  };
}

export function texts(received: readonly Publication[]): string[] {
  return received.map(({ payload }) => (JSON.parse(payload.toString()) as { text: string }).text);
}
