import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type {
  DataSource,
  EntityManager,
  EntitySubscriberInterface,
  QueryRunner,
  TransactionCommitEvent,
} from 'typeorm';
import type { Message } from '../broker/broker.js';
import { OutboxMessage } from './outbox-message.entity.js';
import { OutboxRelay } from './outbox-relay.js';

/** Takes messages into the transactions they belong to, and wakes the relay when such a transaction has been committed. */
@Injectable()
export class Outbox implements EntitySubscriberInterface {
  private readonly written = new WeakSet<QueryRunner>();

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly relay: OutboxRelay,
  ) {
    dataSource.subscribers.push(this);
  }

  /** @param manager of the transaction; of none: the message goes out at once */
  async add({ id, channel, kind, body, idempotencyKey, except }: Message, manager: EntityManager): Promise<void> {
    await manager.insert(OutboxMessage, { id, channel: channel.name, kind, body, idempotencyKey, except });
    const { queryRunner } = manager;
    if (queryRunner?.isTransactionActive === true) this.written.add(queryRunner);
    else this.relay.wake();
  }

  /** Also called when a savepoint is released: the transaction around it is then still active, and may yet be rolled back. */
  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    if (!queryRunner.isTransactionActive && this.written.delete(queryRunner)) this.relay.wake();
  }
}
