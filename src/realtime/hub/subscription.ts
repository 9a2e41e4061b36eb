import { setTimeout as wait } from 'node:timers/promises';
import type { Broker, Publication, History } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { UnavailableError } from '../support/errors.js';
import { comparePositions, formatCursor, type Position } from '../broker/cursor.js';
import { withoutCursor } from '../broker/cursor-field.js';
import { missedSince } from '../broker/history.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';
import { CLOSE } from '../connection/close-code.js';
import type { Connection } from '../connection/connection.js';
import { Frames } from '../connection/frames.js';
import type { Sending } from '../connection/sending.js';
import { hasDiverged, isNext, isSame, isWithin } from './positions.js';
import { RecentPositions } from './recent-positions.js';
import type { RecoveryLog } from './recovery-log.js';

/** How soon reading history is retried after the broker failed. */
const RETRY_MS = 250;

export interface SubscriptionContext {
  broker: Broker;
  metrics: RealtimeMetrics;
  log: RecoveryLog;
  sending: Sending;
  /** How many missed messages can be fetched from history. */
  historySize: number;
  /** Called when the channel's stream has lost published messages, and no new generation reveals it. */
  onDiverged: (channel: Channel) => void;
}

/**
 * One channel on this process: its members, and up to where it has been received. Every publication is delivered once
 * and in order. Positions reveal a gap, which is then filled from history; if that is impossible, the members are
 * closed.
 */
export class Subscription {
  readonly members = new Set<Connection>();
  /** Connections of other channels, which receive this one live only. */
  readonly listeners = new Set<Connection>();
  /** Resolves when the broker has confirmed the subscription; rejects with `UnavailableError`. */
  readonly confirmed: Promise<void>;
  private last: Position | null = null;
  /** Where this process began to receive it; null until then. */
  private first: Position | null = null;
  private readonly recent: RecentPositions;
  /** Publications received while history is being read, or delivery is held; null when delivering directly. */
  private waiting: Publication[] | null = [];
  /** Whether history, or the initial position, is being read. */
  private isFetching = true;
  /** How many calls of `hold` have not been released yet. */
  private holds = 0;

  constructor(
    readonly channel: Channel,
    private readonly context: SubscriptionContext,
  ) {
    // Twice the history, because republished messages come on top of new ones.
    this.recent = new RecentPositions(2 * Math.max(1, context.historySize));
    this.confirmed = this.open();
  }

  /**
   * Up to where the members have received the channel.
   * @throws {Error} before the subscription is confirmed
   */
  get position(): Position {
    if (this.last === null) throw new Error(`The subscription of ${this.channel.name} is not confirmed yet`);
    return this.last;
  }

  get isWanted(): boolean {
    return this.members.size > 0 || this.listeners.size > 0;
  }

  /** Returns whether the connection was in it. */
  remove(connection: Connection): boolean {
    return this.members.delete(connection) || this.listeners.delete(connection);
  }

  receive(publication: Publication): void {
    if (this.waiting !== null) this.waiting.push(publication);
    else if (isNext(publication.position, this.position)) this.hand(publication);
    else if (this.recent.get(publication.id)?.tag !== publication.position.tag) this.onGap(publication);
  }

  /** To be called from time to time. Never rejects. */
  async keepAlive(): Promise<void> {
    try {
      if (await this.context.broker.keepAlive(this.channel)) return;
    } catch (error) {
      if (!(error instanceof UnavailableError)) this.fail(error);
      return;
    }
    // The broker has lost the channel's end, or all of it.
    await this.check();
  }

  /**
   * Compares its position with the broker's, and fetches what was missed. Never rejects.
   * @returns false if that has to be tried again: the broker was not available, or a repair was running that may have
   *   begun too early
   */
  async check(): Promise<boolean> {
    if (this.waiting !== null) return false;
    const { broker } = this.context;
    try {
      // A shard's new link may not have it.
      if (broker.losesChannelsAlone) await broker.subscribe(this.channel);
      const newest = await broker.position(this.channel);
      // Its last member may have left while the broker was asked.
      if (!this.isWanted || isSame(newest, this.position)) return true;
      // The broker may be only a moment ahead, or may have lost our subscription.
      if (!broker.losesChannelsAlone) await broker.subscribe(this.channel);
      await this.catchUp();
    } catch (error) {
      if (error instanceof UnavailableError) return false;
      this.fail(error);
    }
    return true;
  }

  /** Stops delivery until `release` has been called as often. */
  hold(): void {
    this.holds += 1;
    this.waiting ??= [];
  }

  /** Ends a `hold`; `resumeAt` or `catchUp` then begins to deliver again. */
  release(): void {
    this.holds -= 1;
  }

  /**
   * Goes on delivering if nothing was missed while the link was cut.
   * @param newest the broker's position, as told since the link is back
   * @returns whether it does; otherwise the missed messages have to be fetched
   */
  resumeAt(newest: Position): boolean {
    if (this.isFetching || !this.isDeliverable || !isSame(newest, this.position)) return false;
    this.settle();
    return true;
  }

  /** Fetches what was missed, retrying for as long as it takes. Never rejects. */
  async catchUp(live: Publication[] = []): Promise<void> {
    this.waiting = [...(this.waiting ?? []), ...live];
    if (this.isFetching || this.holds > 0) return;
    this.isFetching = true;
    while (this.isWanted) {
      try {
        if (await this.repair()) break;
      } catch (error) {
        if (!(error instanceof UnavailableError)) {
          this.fail(error);
          break;
        }
      }
      // What was received meanwhile will be in history, too, when the broker is back.
      this.waiting = [];
      await wait(RETRY_MS);
    }
    this.settle();
  }

  private async open(): Promise<void> {
    const { broker } = this.context;
    await broker.subscribe(this.channel);
    this.first = this.last = await broker.position(this.channel);
    this.settle();
  }

  /** Resumes direct delivery, beginning with what was received while fetching. */
  private settle(): void {
    this.isFetching = false;
    // `release` will catch up.
    if (this.holds > 0) return;
    const waiting = this.waiting ?? [];
    this.waiting = null;
    // Otherwise the hub has ended this subscription.
    if (!this.isWanted) return;
    for (const publication of waiting) {
      // Publications up to the current position are in history, which members get when they join.
      if (comparePositions(publication.position, this.position) > 0) this.receive(publication);
    }
  }

  private onGap(publication: Publication): void {
    const { channel, position } = this;
    this.context.log.note(
      'gap_noticed',
      `${channel.name}: received ${formatCursor(publication.position)} after ${formatCursor(position)}`,
    );
    void this.catchUp([publication]);
  }

  /** Resolves with false if delivery is not possible yet. */
  private async repair(): Promise<boolean> {
    const { broker, historySize, metrics, log } = this.context;
    const from = this.position;
    const newest = await broker.position(this.channel);
    if (!this.isDeliverable) return false;
    if (isSame(newest, from)) return true;
    let history = await this.history(from.offset);
    if (history === null) return false;
    let missed = missedSince(history, from, historySize);
    if (missed === null) {
      history = await this.history(0);
      if (history === null) return false;
      // A lost end may have been published again since the first look, just as it was.
      missed = missedSince(history, from, historySize) ?? this.reconcile(history);
    }
    const span = `${this.channel.name}: ${formatCursor(from)} to ${formatCursor(history.position)}`;
    if (missed === null) {
      metrics.gaps.inc({ result: 'lost' });
      log.note('gap_lost', `${span}: history does not reach back, closing ${this.members.size} connections`);
      for (const member of this.members) member.close(CLOSE.streamLost);
    } else if (missed.length > 0) {
      metrics.gaps.inc({ result: 'repaired' });
      log.note('gap_filled', `${span}: ${missed.length} messages from history`);
      for (const publication of missed) this.hand(publication);
    }
    this.last = history.position;
    return true;
  }

  /** After an interruption, commands work again before publications arrive and `resynchronize` is called. */
  private get isDeliverable(): boolean {
    return this.holds === 0 && this.context.broker.isConnected();
  }

  /** Null if delivery is not possible yet. */
  private async history(fromOffset: number): Promise<History | null> {
    const { broker } = this.context;
    const history = await broker.history(this.channel, fromOffset);
    return this.isDeliverable ? history : null;
  }

  /** An internal error: closes the members, which reconnect and resume. */
  private fail(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.context.log.note('failed', `${this.channel.name}: closing ${this.members.size} connections: ${reason}`);
    for (const member of this.members) member.close(CLOSE.streamLost);
  }

  /**
   * Handles a stream that no longer matches: the broker has lost its data (a new epoch), or the newest part. All
   * messages since the first known one, or since the beginning of the new epoch, are delivered: new messages and
   * republished ones, in any order. `hand` filters out republished messages that members already have.
   * @returns null if history reaches back to neither
   */
  private reconcile(history: History): Publication[] | null {
    const { publications, position } = history;
    const isNewEpoch = position.epoch !== this.position.epoch;
    if (!isNewEpoch && !hasDiverged(history, this.position)) return null;
    this.context.log.note(
      'diverged',
      `${this.channel.name}: the broker ${isNewEpoch ? 'has a new epoch' : 'has lost the end of the stream'}, ` +
        `${formatCursor(this.position)} here, ${formatCursor(position)} there`,
    );
    for (const member of this.members) member.streamLost((its) => isWithin(history, its, isNewEpoch));
    if (!isNewEpoch || this.context.broker.losesChannelsAlone) this.context.onDiverged(this.channel);
    const isFromTheBeginning = position.offset === publications.length;
    if (isNewEpoch && isFromTheBeginning) return publications;
    const sinceFirst = this.sinceFirst(history);
    if (sinceFirst !== null) return sinceFirst;
    const known = publications.findIndex((each) => this.wasReceived(each));
    return known === -1 ? null : publications.slice(known);
  }

  /** Everything since this process began to receive; null if history does not reach back, or `recent` no longer does. */
  private sinceFirst(history: History): Publication[] | null {
    const { first, context } = this;
    if (first === null || this.position.offset - first.offset > 2 * context.historySize) return null;
    return missedSince(history, first, context.historySize);
  }

  /** Delivers a publication to the members. Each member skips what it already has, by its own position. */
  private hand({ id, position, formerPosition, except, payload }: Publication): void {
    const known = this.recent.get(id);
    const former = formerPosition ?? known ?? null;
    this.last = position;
    this.recent.set(id, position);
    const frames = new Frames(payload);
    for (const member of this.members) {
      if (except === null || !member.caused(except)) member.deliver(position, former, frames);
    }
    // They have no position of their own to know repetitions by.
    if (this.listeners.size > 0 && known === undefined) this.tellListeners(withoutCursor(payload.toString()), except);
    const { sending, metrics } = this.context;
    sending.whenWritten(() => metrics.delivered(id));
  }

  /** Without a cursor, which would be of another channel than theirs. */
  private tellListeners(text: string, except: string | null): void {
    const frames = Frames.of(text);
    for (const listener of this.listeners) {
      if (except === null || !listener.caused(except)) listener.show(frames);
    }
  }

  /** Whether a message, or its publication before a loss, is within what was received here. */
  private wasReceived({ id, formerPosition: former }: Publication): boolean {
    const wasBefore = former !== null && former.epoch === this.position.epoch && former.offset <= this.position.offset;
    return wasBefore || this.recent.get(id) !== undefined;
  }
}
