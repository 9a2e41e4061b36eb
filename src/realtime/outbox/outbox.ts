import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type {
  DataSource,
  EntityManager,
  EntitySubscriberInterface,
  QueryRunner,
  TransactionCommitEvent,
  TransactionRollbackEvent,
} from 'typeorm';
import type { Message } from '../broker/broker.js';
import { Topic } from '../broker/topic.js';
import type { OutboxMessage } from './outbox-message.entity.js';
import { Call } from './call.js';
import { OutboxRelay } from './outbox-relay.js';

type NewRow = Pick<OutboxMessage, 'id' | 'channel' | 'kind' | 'body' | 'idempotencyKey' | 'except'>;

/** How many messages are published from memory at a time; more are left to the relay. */
const MOST_EARLY = 100;

/** In the given order, which `sequence` keeps. */
const INSERT = `
  INSERT INTO realtime_outbox (id, channel, kind, body, idempotency_key, "except")
  SELECT id, channel, kind, body, idempotency_key, "except"
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY
    AS message (id, channel, kind, body, idempotency_key, "except", place)
  ORDER BY place`;

/** The same, and tells whether anything waits that has to be published before: in the channels, but for some rows. */
const INSERT_AND_LOOK = `
  WITH added AS (${INSERT})
  SELECT EXISTS (
    SELECT FROM realtime_outbox WHERE published_at IS NULL AND channel = ANY ($7::text[]) AND id <> ALL ($8::uuid[])
  ) AS is_any_older`;

interface Written {
  ids: string[];
  /** Names of channels and topics. */
  channels: Set<string>;
}

/** Writes messages in the transactions that they belong to, and wakes the relay once such a transaction commits. */
@Injectable()
export class Outbox implements EntitySubscriberInterface {
  /** What was written in open transactions: the ids of messages, and their channels. */
  private readonly written = new WeakMap<QueryRunner, Written>();

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly relay: OutboxRelay,
    private readonly call: Call,
  ) {
    dataSource.subscribers.push(this);
  }

  /** @param manager the transaction to write in; outside of one, the messages are published at once */
  async addAll(messages: readonly Message[], manager: EntityManager): Promise<void> {
    // A query runner may be in a transaction that TypeORM does not know of.
    const isAlone = manager.queryRunner === undefined && messages.length <= MOST_EARLY;
    if (isAlone) await this.addAlone(messages, manager);
    else await this.insert(messages.map(rowOf), manager);
  }

  /** Adds a signal to all nodes. */
  addSignal(signal: Pick<OutboxMessage, 'id' | 'kind' | 'body' | 'except'>, manager: EntityManager): Promise<void> {
    return this.insert([{ ...signal, channel: Topic.nodes.name, idempotencyKey: null }], manager);
  }

  /** One statement commits the messages: they can be published from memory, unless others have to come first. */
  private async addAlone(messages: readonly Message[], manager: EntityManager): Promise<void> {
    if (messages.length === 0) return;
    const rows = messages.map(rowOf);
    const channels = new Set(rows.map(({ channel }) => channel));
    const { early } = this.relay;
    const { givenUp } = early;
    const [looked] = await manager.query<{ is_any_older: boolean }[]>(INSERT_AND_LOOK, [
      ...columnsOf(rows),
      // Revocations come before all else.
      [Topic.nodes.name, ...channels],
      early.unmarkedOf(channels),
    ]);
    this.call.awaits(this.relay.published(rows.map(({ id }) => id)));
    const isEarly = looked?.is_any_older === false && this.relay.publishEarly(messages, givenUp);
    if (!isEarly) this.relay.wake(channels);
  }

  private async insert(rows: readonly NewRow[], manager: EntityManager): Promise<void> {
    if (rows.length === 0) return;
    await manager.query(INSERT, columnsOf(rows));
    const { queryRunner } = manager;
    if (queryRunner?.isTransactionActive !== true) {
      this.hand({ ids: rows.map(({ id }) => id), channels: new Set(rows.map(({ channel }) => channel)) });
      return;
    }
    const written = this.written.get(queryRunner) ?? { ids: [], channels: new Set() };
    this.written.set(queryRunner, written);
    for (const { id, channel } of rows) {
      written.ids.push(id);
      written.channels.add(channel);
    }
  }

  /** Also called when a savepoint is released: the outer transaction is then still active, and may roll back. */
  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    const written = this.written.get(queryRunner);
    if (queryRunner.isTransactionActive || written === undefined) return;
    this.written.delete(queryRunner);
    this.hand(written);
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (!queryRunner.isTransactionActive) this.written.delete(queryRunner);
  }

  private hand({ ids, channels }: Written): void {
    this.call.awaits(this.relay.published(ids));
    this.relay.wake(channels);
  }
}

function rowOf({ id, channel, body, idempotencyKey, except }: Message): NewRow {
  return { id, channel: channel.name, kind: 'frame', body, idempotencyKey, except };
}

function columnsOf(rows: readonly NewRow[]): unknown[][] {
  return [
    rows.map(({ id }) => id),
    rows.map(({ channel }) => channel),
    rows.map(({ kind }) => kind),
    rows.map(({ body }) => body),
    rows.map(({ idempotencyKey }) => idempotencyKey),
    rows.map(({ except }) => except),
  ];
}
