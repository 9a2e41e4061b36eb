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

/** In the given order, which `sequence` keeps. */
const INSERT = `
  INSERT INTO realtime_outbox (id, channel, kind, body, idempotency_key, "except")
  SELECT id, channel, kind, body, idempotency_key, "except"
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY
    AS message (id, channel, kind, body, idempotency_key, "except", place)
  ORDER BY place`;

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
  addAll(messages: readonly Message[], manager: EntityManager): Promise<void> {
    const rows = messages.map(({ channel, ...message }) => ({
      ...message,
      channel: channel.name,
      kind: 'frame' as const,
    }));
    return this.insert(rows, manager);
  }

  /** Adds a signal to all nodes. */
  addSignal(signal: Pick<OutboxMessage, 'id' | 'kind' | 'body' | 'except'>, manager: EntityManager): Promise<void> {
    return this.insert([{ ...signal, channel: Topic.nodes.name, idempotencyKey: null }], manager);
  }

  private async insert(rows: readonly NewRow[], manager: EntityManager): Promise<void> {
    if (rows.length === 0) return;
    const column = <K extends keyof NewRow>(name: K): NewRow[K][] => rows.map((row) => row[name]);
    await manager.query(INSERT, [
      column('id'),
      column('channel'),
      column('kind'),
      column('body'),
      column('idempotencyKey'),
      column('except'),
    ]);
    const { queryRunner } = manager;
    if (queryRunner?.isTransactionActive !== true) {
      this.hand({ ids: column('id'), channels: new Set(column('channel')) });
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
