import { once } from 'node:events';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Cluster, Redis } from 'ioredis';
import type { RedisSettings } from '../../config/environment.js';
import { UnavailableError } from '../../http/errors.js';
import { connectRedis } from '../../redis/redis-connection.js';
import type { BrokerReceiver, Message } from './broker.js';
import { Broker, IDEMPOTENCY_SECONDS, IDLE_CHANNEL_SECONDS } from './broker.js';
import { Channel } from './channel.js';
import type { Position } from './cursor.js';
import { newEpoch, parseCursor, tagOf } from './cursor.js';
import { readEnvelope } from './redis-envelope.js';
import { POSITION_SCRIPT, PUBLISH_SCRIPT } from './redis-scripts.js';

/** How long Redis may take to answer a command. */
const COMMAND_TIMEOUT_MS = 2_000;
/** How long the start waits for Redis; after that the process starts without, and says so in `/health/ready`. */
const START_TIMEOUT_MS = 3_000;

/** The scripts, as methods that ioredis adds (`defineCommand`): `EVALSHA`, and `EVAL` where Redis doesn't know them yet. */
interface Scripts {
  heraldPublish(...keysAndArguments: (string | number)[]): Promise<string | null>;
  heraldPosition(...keysAndArguments: (string | number)[]): Promise<string>;
}

/**
 * The broker of several processes. Publishing is one Lua script; a process subscribes to the channels that it has
 * connections for, by exact name.
 */
@Injectable()
export class RedisBroker extends Broker implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RedisBroker.name);
  private readonly commands: (Redis | Cluster) & Scripts;
  private readonly subscriber: Redis | Cluster;
  private readonly isCluster: boolean;
  private readonly prefix: string;
  private receiver: BrokerReceiver | null = null;

  constructor(settings: RedisSettings) {
    super();
    this.isCluster = settings.mode === 'cluster';
    this.prefix = `herald:${settings.db}:`;
    this.commands = withScripts(this.connect(settings, 'publishes'));
    this.subscriber = this.connect(settings, 'receives');
    const event = this.isCluster ? 'smessageBuffer' : 'messageBuffer';
    this.subscriber.on(event, (name: Buffer, message: Buffer) => this.onMessage(name.toString(), message));
  }

  async onModuleInit(): Promise<void> {
    const connections = [this.commands, this.subscriber].filter(({ status }) => status !== 'ready');
    try {
      await Promise.all(
        connections.map((each) => once(each, 'ready', { signal: AbortSignal.timeout(START_TIMEOUT_MS) })),
      );
    } catch {
      this.logger.warn('Redis is not available yet: the process starts without it and keeps trying');
    }
  }

  override async publish({ id, channel, kind, body, idempotencyKey }: Message): Promise<Position | null> {
    const cursor = await this.ask(
      this.commands.heraldPublish(
        2,
        this.positionKey(channel),
        `${this.channelKey(channel)}:once:${idempotencyKey ?? ''}`,
        this.channelKey(channel),
        body,
        `${id} ${kind}`,
        tagOf(id),
        newEpoch(),
        IDLE_CHANNEL_SECONDS,
        idempotencyKey === null ? 0 : IDEMPOTENCY_SECONDS,
        this.isCluster ? 'SPUBLISH' : 'PUBLISH',
      ),
    );
    return cursor === null ? null : positionOf(cursor);
  }

  override async subscribe(channel: Channel): Promise<void> {
    const key = this.channelKey(channel);
    await this.ask(this.isCluster ? this.subscriber.ssubscribe(key) : this.subscriber.subscribe(key));
  }

  override async unsubscribe(channel: Channel): Promise<void> {
    const key = this.channelKey(channel);
    await this.ask(this.isCluster ? this.subscriber.sunsubscribe(key) : this.subscriber.unsubscribe(key));
  }

  override async position(channel: Channel): Promise<Position> {
    const key = this.positionKey(channel);
    return positionOf(await this.ask(this.commands.heraldPosition(1, key, newEpoch(), IDLE_CHANNEL_SECONDS)));
  }

  override listen(receiver: BrokerReceiver): void {
    this.receiver = receiver;
  }

  override isConnected(): boolean {
    return this.commands.status === 'ready' && this.subscriber.status === 'ready';
  }

  onApplicationShutdown(): void {
    this.commands.disconnect();
    this.subscriber.disconnect();
  }

  /** All keys of a channel share its hash tag, so that a cluster keeps them together. */
  private channelKey(channel: Channel): string {
    return `${this.prefix}{${channel.name}}`;
  }

  private positionKey(channel: Channel): string {
    return `${this.channelKey(channel)}:position`;
  }

  private onMessage(key: string, message: Buffer): void {
    const channel = key.slice(this.prefix.length + 1, -1);
    const envelope = readEnvelope(message);
    if (envelope === null) {
      this.logger.warn(`Dropped a message that is none of ours from the Redis channel of ${channel.slice(0, 100)}`);
      return;
    }
    this.receiver?.receive({ channel, ...envelope });
  }

  /** Commands fail at once while Redis is away, and are never sent twice: the outbox knows better when to try again. */
  private connect(settings: RedisSettings, purpose: string): Redis | Cluster {
    return connectRedis(settings, {
      onError: (error) => this.logger.warn(`The Redis connection that ${purpose} is broken: ${error.message}`),
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
    });
  }

  private async ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw new UnavailableError('redis', { cause: error });
    }
  }
}

function withScripts(connection: Redis | Cluster): (Redis | Cluster) & Scripts {
  connection.defineCommand('heraldPublish', { lua: PUBLISH_SCRIPT });
  connection.defineCommand('heraldPosition', { lua: POSITION_SCRIPT });
  // ioredis adds the methods at run time.
  return connection as (Redis | Cluster) & Scripts;
}

function positionOf(cursor: string): Position {
  const position = parseCursor(cursor);
  if (position === null) throw new Error(`Redis answered with a cursor that is none: ${JSON.stringify(cursor)}`);
  return position;
}
