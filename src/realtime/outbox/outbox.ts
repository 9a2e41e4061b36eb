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
import { OutboxMessage } from './outbox-message.entity.js';
import { Call } from './call.js';
import { OutboxRelay } from './outbox-relay.js';

/** Writes messages in the transactions that they belong to, and wakes the relay once such a transaction commits. */
@Injectable()
export class Outbox implements EntitySubscriberInterface {
  /** The ids of messages written in open transactions. */
  private readonly written = new WeakMap<QueryRunner, string[]>();

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly relay: OutboxRelay,
    private readonly call: Call,
  ) {
    dataSource.subscribers.push(this);
  }

  /** @param manager the transaction to write in; outside of one, the message is published at once */
  add({ channel, ...message }: Message, manager: EntityManager): Promise<void> {
    return this.insert({ ...message, channel: channel.name, kind: 'frame' }, manager);
  }

  /** Adds a signal to all nodes. */
  addSignal(signal: Pick<OutboxMessage, 'id' | 'kind' | 'body' | 'except'>, manager: EntityManager): Promise<void> {
    return this.insert({ ...signal, channel: Topic.nodes.name, idempotencyKey: null }, manager);
  }

  private async insert(
    {
      id,
      channel,
      kind,
      body,
      idempotencyKey,
      except,
    }: Omit<OutboxMessage, 'sequence' | 'createdAt' | 'cursor' | 'publishedAt'>,
    manager: EntityManager,
  ): Promise<void> {
    await manager.insert(OutboxMessage, { id, channel, kind, body, idempotencyKey, except });
    const { queryRunner } = manager;
    if (queryRunner?.isTransactionActive !== true) {
      this.hand([id]);
      return;
    }
    const ids = this.written.get(queryRunner);
    if (ids === undefined) this.written.set(queryRunner, [id]);
    else ids.push(id);
  }

  /** Also called when a savepoint is released: the outer transaction is then still active, and may roll back. */
  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    const ids = this.written.get(queryRunner);
    if (queryRunner.isTransactionActive || ids === undefined) return;
    this.written.delete(queryRunner);
    this.hand(ids);
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (!queryRunner.isTransactionActive) this.written.delete(queryRunner);
  }

  private hand(ids: readonly string[]): void {
    this.call.awaits(this.relay.published(ids));
    this.relay.wake();
  }
}
