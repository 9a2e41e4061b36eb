import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Broker, type Message, type MessageKind } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { Outbox } from '../outbox/outbox.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { CallOrigin } from './call-origin.js';
import { InvalidBroadcastError } from './invalid-broadcast.error.js';

export interface BroadcastOptions {
  /** Makes the message part of this transaction: published after the commit, exactly if the commit happens. */
  manager?: EntityManager;
  /**
   * Of all messages to one user or organization with the same key, 10 minutes long, only the first is published. Of
   * notifications in the inbox only the first is kept, for as long as it is there.
   */
  idempotencyKey?: string;
}

const IDEMPOTENCY_KEY_LENGTH = 200;

/** Brings a finished message on its way: to the broker at once, or into the transaction that it is part of. */
@Injectable()
export class Publisher {
  constructor(
    private readonly broker: Broker,
    private readonly outbox: Outbox,
    private readonly metrics: RealtimeMetrics,
    private readonly origin: CallOrigin,
  ) {}

  /**
   * @param text a JSON object
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async publish(
    channel: Channel,
    text: string,
    { manager, idempotencyKey }: BroadcastOptions,
    kind: MessageKind = 'frame',
  ): Promise<void> {
    expectIdempotencyKey({ idempotencyKey });
    // The broker adds the cursor and the closing brace.
    const body = text.slice(0, -1);
    const message: Message = {
      id: uuidv7(),
      channel,
      kind,
      body,
      idempotencyKey: idempotencyKey ?? null,
      except: kind === 'frame' ? this.origin.current : null,
      formerPosition: null,
    };
    if (manager === undefined) await this.metrics.publishing([kind], () => this.broker.publish(message));
    else await this.outbox.add(message, manager);
  }
}

/** @throws {InvalidBroadcastError} */
export function expectIdempotencyKey({ idempotencyKey }: BroadcastOptions): void {
  if (idempotencyKey === undefined) return;
  const length = typeof idempotencyKey === 'string' ? idempotencyKey.length : 0;
  if (length > 0 && length <= IDEMPOTENCY_KEY_LENGTH) return;
  throw new InvalidBroadcastError('idempotencyKey', `takes 1 to ${IDEMPOTENCY_KEY_LENGTH} characters`);
}
