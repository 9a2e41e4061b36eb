import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Cluster, type Redis } from 'ioredis';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { becomesReady } from '../support/redis-connection.js';
import type { BrokerReceiver, HistoryLimits, Messages, Publication, Published, History } from './broker.js';
import { Broker, IDEMPOTENCY_SECONDS, IDLE_CHANNEL_SECONDS } from './broker.js';
import type { Channel } from './channel.js';
import type { Position } from './cursor.js';
import { epochChance, newEpoch, parseCursor, tagOf } from './cursor.js';
import { headOf, readEnvelope } from './redis-envelope.js';
import type { RealtimeRedis } from './realtime-redis.js';
import type { RedisKeys } from './redis-keys.js';
import { inTime, isRefusal, mastersInfo, watchLinks } from './redis-links.js';
import { HISTORY_SCRIPT, POSITIONS_SCRIPT, PUBLISH_SCRIPT } from './redis-scripts.js';
import { RedisSubscriber } from './redis-subscriber.js';
import { ShardProbes } from './shard-probes.js';
import { Topic } from './topic.js';
import { Semaphore } from '../support/semaphore.js';

/** How long the start waits for Redis. After that the process starts without it, and `/health/ready` reports it. */
const START_TIMEOUT_MS = 3_000;
/** Histories read at once: enough to keep Redis busy, and few enough for memory, as each may take 16 MB. */
const REPAIRS_AT_ONCE = 8;
/** The same for clients that resume, which take pages and must not wait for repairs of others. */
const RESUMES_AT_ONCE = 32;
/** A whole history, as a number of bytes. */
const WHOLE = Number.MAX_SAFE_INTEGER;

/** Of the reply to `INFO replication`: changes whenever another master takes over, or the same one starts anew. */
const REPLICATION_ID = /^master_replid:(\w+)/m;

/** How long a cluster is not asked for the generation after that. */
const AWAY_MS = 2_000;

/** The scripts as methods that ioredis adds (`defineCommand`): `EVALSHA`, or `EVAL` if Redis doesn't have them yet. */
interface Scripts {
  heraldPublish(...keysAndArguments: (string | number)[]): Promise<[cursor: string, isRepetition: 0 | 1][]>;
  heraldHistoryBuffer(...keysAndArguments: (string | number)[]): Promise<Buffer[]>;
  heraldPositions(...keysAndArguments: (string | number)[]): Promise<string[]>;
}

/**
 * The broker of several processes. Publishing is one Lua script. Each process subscribes, by exact name, to the
 * channels that it has connections for.
 */
@Injectable()
export class RedisBroker extends Broker implements OnModuleInit, OnApplicationShutdown {
  /** Whether a script can read the generation together with a channel's keys. */
  override checksGeneration: boolean;
  /** A cluster's shards fail independently, and only one of them has the generation. */
  override readonly losesChannelsAlone: boolean;
  private readonly logger = new Logger(RedisBroker.name);
  private readonly foreign = new QuietErrorLog(this.logger, 'Unexpected message in a Redis channel');
  private readonly absences = new QuietErrorLog(this.logger, 'Going on without the generation of the data');
  private readonly keys: RedisKeys;
  private readonly commands: (Redis | Cluster) & Scripts;
  private readonly link: Redis | Cluster;
  private readonly subscriber: RedisSubscriber;
  private readonly publishCommand: 'PUBLISH' | 'SPUBLISH';
  private readonly positionSeconds: number;
  private readonly repairs = new Semaphore(REPAIRS_AT_ONCE);
  private readonly resumes = new Semaphore(RESUMES_AT_ONCE);
  /** Null without a cluster, whose one link is probed as a whole. */
  private readonly probes: ShardProbes | null;
  private receiver: BrokerReceiver | null = null;
  private isInfoRefused = false;
  /** Until when a cluster is not asked for the generation, because its shard did not answer. */
  private awayUntil = -Infinity;

  constructor(
    private readonly redis: RealtimeRedis,
    private readonly limits: HistoryLimits,
  ) {
    super();
    this.keys = redis.keys;
    this.publishCommand = redis.settings.mode === 'cluster' ? 'SPUBLISH' : 'PUBLISH';
    this.losesChannelsAlone = redis.settings.mode === 'cluster';
    this.checksGeneration = !this.losesChannelsAlone;
    this.positionSeconds = Math.max(IDLE_CHANNEL_SECONDS, limits.ttlSeconds);
    this.commands = withScripts(redis.commands);
    this.link = redis.connect('Redis, for receiving');
    this.subscriber = new RedisSubscriber(this.link, this.keys, {
      onMessage: (channel, message) => this.receive(channel, message),
      onCut: () => this.receiver?.interrupted(),
      onRestored: () => this.receiver?.resynchronize(),
      onShardsRestored: () => this.receiver?.doubt(),
    });
    this.probes = this.losesChannelsAlone
      ? new ShardProbes({
          keyOf: (topic) => this.keys.channel(topic),
          subscribe: (topic) => this.redis.ask(() => this.subscriber.subscribe(topic)),
          publish: (topic) => this.signal(topic, '{}'),
          onRestored: () => this.receiver?.doubt(),
        })
      : null;
  }

  async onModuleInit(): Promise<void> {
    const areReady = await Promise.all([this.commands, this.link].map((each) => becomesReady(each, START_TIMEOUT_MS)));
    if (areReady.includes(false)) {
      this.logger.warn('Redis is not available yet: starting without it and retrying');
    }
  }

  override async publishAll(messages: Messages, generation: string | null): Promise<Published[]> {
    const expected = this.checksGeneration ? generation : null;
    try {
      return await this.publishInto(expected, messages);
    } catch (error) {
      if (expected === null || !isCrossSlot(error)) throw error;
      this.checksGeneration = false;
      this.logger.warn(
        'This Redis is a cluster behind one address: set REDIS_CLUSTER_NODES if its nodes can be reached',
      );
      return this.publishInto(null, messages);
    }
  }

  override async signal(topic: Topic, payload: string): Promise<void> {
    await this.redis.ask((commands) => commands.call(this.publishCommand, this.keys.channel(topic), payload));
  }

  override subscribe(address: Channel | Topic): Promise<void> {
    this.probes?.start();
    return this.redis.ask(() => this.subscriber.subscribe(address));
  }

  override unsubscribe(address: Channel | Topic): Promise<void> {
    return this.redis.ask(() => this.subscriber.unsubscribe(address));
  }

  override async position(channel: Channel): Promise<Position> {
    const [cursor] = await this.read(channel, '');
    return positionOf(cursor?.toString() ?? '');
  }

  override async positions(channels: readonly Channel[]): Promise<(Position | null)[]> {
    // A script's keys must be in one shard.
    if (!this.checksGeneration || channels.length === 0) return channels.map(() => null);
    const keys = channels.map((channel) => this.keys.position(channel));
    const cursors = await this.redis.ask(() =>
      this.commands.heraldPositions(keys.length, ...keys, this.positionSeconds),
    );
    return cursors.map((cursor) => parseCursor(cursor));
  }

  override async keepAlive(channel: Channel): Promise<boolean> {
    const key = this.keys.position(channel);
    return (await this.redis.ask((commands) => commands.expire(key, this.positionSeconds))) === 1;
  }

  override async history(channel: Channel, fromOffset: number, maxBytes = WHOLE): Promise<History> {
    const places = maxBytes === WHOLE ? this.repairs : this.resumes;
    const [cursor, isCut, ...messages] = await places.run(() => this.read(channel, fromOffset, maxBytes));
    const position = positionOf(cursor?.toString() ?? '');
    const publications = messages.map((message) => this.publicationOf(channel.name, message));
    // An unreadable message, of a later version for example, is a gap: use only what follows it.
    const readable = publications.slice(publications.lastIndexOf(null) + 1).filter((each) => each !== null);
    // A Redis that evicts keys may have dropped the history but not the position, or restored an older version of
    // either.
    const isWhole = readable.at(-1)?.position.offset === position.offset || isCut?.toString() === '1';
    return { position, publications: isWhole ? readable : [] };
  }

  override async generation(): Promise<string | null> {
    if (!this.losesChannelsAlone) return this.readGeneration();
    // Other shards must not wait for the one that has it.
    if (performance.now() < this.awayUntil) return null;
    try {
      return await inTime(this.readGeneration());
    } catch (error) {
      this.absences.report(error instanceof Error ? error : new Error(String(error)));
      this.awayUntil = performance.now() + AWAY_MS;
      return null;
    }
  }

  private async readGeneration(): Promise<string> {
    // Usually it exists; a Redis that is full refuses to set it, and still takes signals.
    const existing = await this.redis.ask((commands) => commands.get(this.keys.generation));
    if (existing !== null) return existing;
    const candidate = newEpoch();
    const other = await this.redis.ask((commands) => commands.set(this.keys.generation, candidate, 'NX', 'GET'));
    return other ?? candidate;
  }

  override async masters(): Promise<string[] | null> {
    if (this.isInfoRefused) return null;
    try {
      const replies = await this.redis.ask((commands) => mastersInfo(commands));
      const histories = replies.map((reply) => REPLICATION_ID.exec(reply)?.[1]);
      const known = histories.filter((each) => each !== undefined);
      return replies.length > 0 && known.length === 0 ? null : known;
    } catch (error) {
      // Managed Redis may not give the right to `INFO`.
      if (!(error instanceof Error && isRefusal(error.cause))) throw error;
      this.isInfoRefused = true;
      return null;
    }
  }

  override onLinkChange(listener: (isUp: boolean) => void): void {
    watchLinks(this.commands, listener);
  }

  override listen(receiver: BrokerReceiver): void {
    this.receiver = receiver;
  }

  override isConnected(): boolean {
    return this.commands.status === 'ready' && this.subscriber.isConnected;
  }

  onApplicationShutdown(): void {
    this.probes?.stop();
    this.subscriber.close();
  }

  private async publishInto(expected: string | null, messages: Messages): Promise<Published[]> {
    const [{ channel }] = messages;
    const keys = [
      this.keys.position(channel),
      this.keys.history(channel),
      ...messages.map(({ idempotencyKey }) => this.keys.once(channel, idempotencyKey ?? '')),
      ...(expected === null ? [] : [this.keys.generation]),
    ];
    const results = await this.redis.ask(() =>
      this.commands.heraldPublish(
        keys.length,
        ...keys,
        this.keys.channel(channel),
        epochChance(),
        this.positionSeconds,
        IDEMPOTENCY_SECONDS,
        this.publishCommand,
        // One more than the limit: the message at a cursor's own offset proves that the cursor belongs to this stream.
        this.limits.size === 0 ? 0 : this.limits.size + 1,
        this.limits.ttlSeconds,
        expected ?? '',
        ...messages.flatMap((message) => [
          message.body,
          headOf(message),
          tagOf(message.id),
          Number(message.idempotencyKey !== null),
        ]),
      ),
    );
    return results.map(([cursor, isRepetition]) => ({
      position: positionOf(cursor),
      isRepetition: isRepetition === 1,
    }));
  }

  private read(channel: Channel, fromOffset: number | '', maxBytes = 0): Promise<Buffer[]> {
    const keys = [this.keys.position(channel), this.keys.history(channel)];
    return this.redis.ask(() =>
      this.commands.heraldHistoryBuffer(2, ...keys, epochChance(), this.positionSeconds, fromOffset, maxBytes),
    );
  }

  private receive(channel: string, message: Buffer): void {
    if (Topic.isName(channel)) {
      if (this.probes?.take(channel) !== true) this.receiver?.signalled(channel, message);
      return;
    }
    const publication = this.publicationOf(channel, message);
    if (publication !== null) this.receiver?.receive(publication);
  }

  private publicationOf(channel: string, message: Buffer): Publication | null {
    const envelope = readEnvelope(message);
    if (envelope !== null) return { channel, ...envelope };
    this.foreign.report(new Error('dropped; written by another program or a later version of Herald'));
    this.receiver?.disregard();
    return null;
  }
}

function withScripts(connection: Redis | Cluster): (Redis | Cluster) & Scripts {
  connection.defineCommand('heraldPublish', { lua: PUBLISH_SCRIPT });
  connection.defineCommand('heraldHistory', { lua: HISTORY_SCRIPT });
  connection.defineCommand('heraldPositions', { lua: POSITIONS_SCRIPT });
  // ioredis adds the methods at run time.
  return connection as (Redis | Cluster) & Scripts;
}

function positionOf(cursor: string): Position {
  const position = parseCursor(cursor);
  if (position === null) throw new Error(`Redis returned an invalid cursor: ${JSON.stringify(cursor)}`);
  return position;
}

/** A Redis cluster refuses scripts whose keys are in several slots. */
function isCrossSlot(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.message.includes('CROSSSLOT');
}
