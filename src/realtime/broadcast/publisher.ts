import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Broker, type Message } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { Topic } from '../broker/topic.js';
import { Outbox } from '../outbox/outbox.js';
import { inSteps } from '../outbox/steps.js';
import { revocationBody, type RevocationTarget } from '../outbox/revocation.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { Semaphore } from '../support/semaphore.js';
import { Call } from '../outbox/call.js';
import { InvalidBroadcastError } from './invalid-broadcast.error.js';

export interface BroadcastOptions {
  /** Makes the message part of this transaction: it is published after the commit, and only if the commit happens. */
  manager?: EntityManager;
  /**
   * Of the messages to one user or organization with the same key, only the first within 10 minutes is published. An
   * inbox stores only the first, for as long as that one is in it.
   */
  idempotencyKey?: string;
}

const IDEMPOTENCY_KEY_LENGTH = 200;
/** How many channels one call publishes to at a time, as others share the connection to Redis. */
const CHANNELS_AT_ONCE = 64;

/** A finished message. */
export interface Outgoing {
  channel: Channel;
  /** The JSON text of an object. */
  body: string;
  idempotencyKey?: string | null;
}

/** Sends finished messages: to the broker at once, or into the caller's transaction by way of the outbox. */
@Injectable()
export class Publisher {
  constructor(
    private readonly broker: Broker,
    private readonly outbox: Outbox,
    private readonly metrics: RealtimeMetrics,
    private readonly call: Call,
  ) {}

  /**
   * Sends the messages of each channel in order. With `manager`, all or none; without it, a failure may leave some of them
   * sent.
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async publishAll(outgoing: readonly Outgoing[], { manager }: Pick<BroadcastOptions, 'manager'>): Promise<void> {
    const except = this.call.origin;
    const messages = outgoing.map(({ channel, body, idempotencyKey = null }): Message => {
      return { id: uuidv7(), channel, body, idempotencyKey, except, formerPosition: null };
    });
    if (manager !== undefined) {
      await this.outbox.addAll(messages, manager);
      return;
    }
    const places = new Semaphore(CHANNELS_AT_ONCE);
    let hasFailed = false;
    const send = async (own: readonly Message[]): Promise<void> => {
      if (hasFailed) return;
      await this.send(own).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    };
    await Promise.all(byChannel(messages).map((own) => places.run(() => send(own))));
  }

  private async send(messages: readonly Message[]): Promise<void> {
    for (const step of inSteps(messages)) {
      await this.metrics.publishing(step.length, 'frame', () => this.broker.publishAll(step, null));
    }
  }

  /**
   * Sends a message to every connection to notifications, on all nodes.
   * @param frame the JSON text of an object
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async announce(frame: string, { manager }: Pick<BroadcastOptions, 'manager'>): Promise<void> {
    const id = uuidv7();
    const except = this.call.origin;
    const body = `{"frame":${frame}}`;
    if (manager !== undefined) {
      await this.outbox.addSignal({ id, kind: 'announcement', body, except }, manager);
      return;
    }
    const payload = JSON.stringify({
      type: 'announcement',
      id,
      at: Date.now(),
      except,
      ...(JSON.parse(body) as object),
    });
    await this.metrics.publishing(1, 'signal', () => this.broker.signal(Topic.nodes, payload));
  }

  /** Closes connections on all nodes once the transaction has committed. */
  async revoke(target: RevocationTarget, manager: EntityManager): Promise<void> {
    const body = revocationBody(target);
    await this.outbox.addSignal({ id: uuidv7(), kind: 'revocation', body, except: null }, manager);
  }
}

/** @throws {InvalidBroadcastError} */
export function expectIdempotencyKey(key: unknown): void {
  if (key === undefined) return;
  const length = typeof key === 'string' ? key.length : 0;
  if (length > 0 && length <= IDEMPOTENCY_KEY_LENGTH) return;
  throw new InvalidBroadcastError('idempotencyKey', `takes 1 to ${IDEMPOTENCY_KEY_LENGTH} characters`);
}

function byChannel(messages: readonly Message[]): Message[][] {
  const channels = new Map<string, Message[]>();
  for (const message of messages) {
    const own = channels.get(message.channel.name);
    if (own === undefined) channels.set(message.channel.name, [message]);
    else own.push(message);
  }
  return [...channels.values()];
}
