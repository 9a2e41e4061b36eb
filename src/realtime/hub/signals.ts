import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { Broker } from '../broker/broker.js';
import { Topic } from '../broker/topic.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import type { Connection } from '../connection/connection.js';
import { Connections } from '../connection/connections.js';
import { Frames } from '../connection/frames.js';
import { Revocations } from './revocations.js';

/** How many connections an announcement is written to in one turn of the event loop. */
const SLICE = 1_000;
/** How soon a subscription is tried again whose shard is down. */
const RETRY_MS = 5_000;

/** Receives this process's signals: revocations, announcements, and presence for connections that watch it. */
@Injectable()
export class Signals {
  private readonly invalid = new QuietErrorLog(new Logger(Signals.name), 'Dropped a signal');
  /** Resolves when `Topic.nodes` is subscribed; null before the first connection, and after a failure. */
  private nodes: Promise<void> | null = null;
  /** When to try again, by the monotonic clock, as connections are admitted without it; Infinity: it is subscribed. */
  private retryAt = Infinity;
  private readonly watchers = new Map<string, { members: Set<Connection>; confirmed: Promise<void> }>();

  constructor(
    private readonly broker: Broker,
    private readonly connections: Connections,
    private readonly revocations: Revocations,
    private readonly metrics: RealtimeMetrics,
  ) {}

  /**
   * Signals sent after this resolves reach the connection.
   * @throws {UnavailableError}
   */
  async enter(connection: Connection): Promise<void> {
    this.nodes ??= this.subscribe();
    const topic = watchedBy(connection);
    await Promise.all([this.nodes, topic === null ? null : this.watch(topic, connection)]);
  }

  /** Tries again what has failed. */
  retry(): void {
    if (performance.now() < this.retryAt) return;
    this.retryAt = Infinity;
    void this.subscribe();
  }

  leave(connection: Connection): void {
    const topic = watchedBy(connection);
    if (topic === null) return;
    const watch = this.watchers.get(topic.name);
    if (watch?.members.delete(connection) !== true || watch.members.size > 0) return;
    this.watchers.delete(topic.name);
    // If this fails, the subscription ends at the next reconnect.
    void this.broker.unsubscribe(topic).catch(() => undefined);
  }

  /** Never throws. */
  receive(topic: string, payload: Buffer): void {
    const text = payload.toString();
    const signal = readObject(text);
    if (signal === null) {
      this.invalid.report(new Error(`not a JSON object, in the topic ${topic}`));
      return;
    }
    if (topic !== Topic.nodes.name) this.tellWatchers(topic, signal, payload);
    else if (signal.type === 'revocation') this.revocations.heed(text);
    else if (signal.type === 'announcement') void this.announce(signal);
  }

  /** In slices, so that many connections don't keep the process from others. Never rejects. */
  private async announce({ id, except, frame }: Record<string, unknown>): Promise<void> {
    const text = JSON.stringify(frame);
    const origin = typeof except === 'string' ? except : null;
    let count = 0;
    // A copy: who connects meanwhile was not there.
    for (const connection of [...this.connections.all()]) {
      if (connection.admission.announcements !== true || (origin !== null && connection.caused(origin))) continue;
      if (connection.isOpen) connection.announce(text);
      count += 1;
      if (count % SLICE === 0) await nextTurn();
    }
    if (typeof id === 'string') this.metrics.delivered(id);
  }

  /** Users do not receive their own presence changes. */
  private tellWatchers(topic: string, signal: Record<string, unknown>, payload: Buffer): void {
    const frames = new Frames(payload);
    for (const member of this.watchers.get(topic)?.members ?? []) {
      if (member.principal.userId !== signal.user_id) member.show(frames);
    }
  }

  /**
   * If its shard of a cluster is down, the channels of others are open nevertheless: revocations are then read from the
   * outbox, which takes longer, and announcements are missed.
   */
  private async subscribe(): Promise<void> {
    try {
      await this.broker.subscribe(Topic.nodes);
    } catch (error) {
      if (!this.broker.losesChannelsAlone) {
        this.nodes = null;
        throw error;
      }
      this.retryAt = performance.now() + RETRY_MS;
    }
  }

  private async watch(topic: Topic, connection: Connection): Promise<void> {
    const watch = this.watchers.get(topic.name) ?? { members: new Set(), confirmed: this.broker.subscribe(topic) };
    this.watchers.set(topic.name, watch);
    watch.members.add(connection);
    try {
      await watch.confirmed;
    } catch (error) {
      if (this.watchers.get(topic.name) === watch) this.watchers.delete(topic.name);
      throw error;
    }
  }
}

/** The presence topic that a connection watches, or null. */
function watchedBy({ admission: { channel, watchesPresence } }: Connection): Topic | null {
  return watchesPresence === true && channel.kind === 'org' ? Topic.presenceOf(channel) : null;
}

function readObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
