import { setTimeout as wait } from 'node:timers/promises';
import type { Broker, Publication } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { UnavailableError } from '../../http/errors.js';
import { comparePositions, formatCursor, type Position } from '../broker/cursor.js';
import { type History, missedSince } from '../broker/history.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';
import { CLOSE } from '../connection/close-code.js';
import type { Connection } from '../connection/connection.js';
import { encodeTextFrame } from '../connection/frame.js';
import { RecentPositions } from './recent-positions.js';
import type { RecoveryLog } from './recovery-log.js';

/** How soon history is asked for again after the broker could not answer. */
const RETRY_MS = 250;

export interface SubscriptionContext {
  broker: Broker;
  metrics: RealtimeMetrics;
  log: RecoveryLog;
  /** How many missed messages can be fetched from history. */
  historySize: number;
  /** The channel's stream has lost messages that were published, and nothing else tells of it. */
  onDiverged: (channel: Channel) => void;
}

/**
 * One channel on this process: its members, and up to where it has been received. Every publication is handed on once and in
 * order; a gap is noticed by its position and filled from history, or the members are sent away.
 */
export class Subscription {
  readonly members = new Set<Connection>();
  /** Resolves when the broker has confirmed it; rejects with `UnavailableError`. */
  readonly confirmed: Promise<void>;
  private last: Position | null = null;
  private readonly recent: RecentPositions;
  /** Publications that came in while history was being read, or it was held; null when there is nothing to wait for. */
  private waiting: Publication[] | null = [];
  /** Whether history is being read, or the broker asked for the first time. */
  private isFetching = true;
  /** How many have held it and not released it yet. */
  private holds = 0;

  constructor(
    readonly channel: Channel,
    private readonly context: SubscriptionContext,
  ) {
    // Twice, because what is published again after a loss comes on top of what is new.
    this.recent = new RecentPositions(2 * (context.historySize + 1));
    this.confirmed = this.open();
  }

  /**
   * Up to where the members have received the channel.
   * @throws {Error} before it is confirmed
   */
  get position(): Position {
    if (this.last === null) throw new Error(`The subscription of ${this.channel.name} is not confirmed yet`);
    return this.last;
  }

  receive(publication: Publication): void {
    if (this.waiting !== null) this.waiting.push(publication);
    else if (this.isNext(publication.position)) this.hand(publication);
    else if (this.recent.get(publication.id)?.tag !== publication.position.tag) this.onGap(publication);
  }

  /** Whether what was received here can be continued by a position of the broker: false where the broker has lost it. */
  isPastOf({ epoch, offset, tag }: Position): boolean {
    const { position } = this;
    if (epoch !== position.epoch || offset < position.offset) return false;
    return offset > position.offset || tag === position.tag;
  }

  /** Compares with the broker, and fetches what was missed. Never rejects. */
  async check(): Promise<void> {
    if (this.waiting !== null) return;
    try {
      const newest = await this.context.broker.position(this.channel);
      if (comparePositions(newest, this.position) === 0 && newest.tag === this.position.tag) return;
      // Maybe only a moment ahead of us; maybe the broker has forgotten that we listen.
      await this.context.broker.subscribe(this.channel);
      await this.catchUp();
    } catch (error) {
      // While the broker is away, the end of that interruption, or the next check, comes here again.
      if (!(error instanceof UnavailableError)) this.fail(error);
    }
  }

  /** From now on members get nothing, until `release` was called as often. */
  hold(): void {
    this.holds += 1;
    this.waiting ??= [];
  }

  /** Fetches what was missed while it was held. Never rejects. */
  async release(): Promise<void> {
    this.holds -= 1;
    await this.catchUp();
  }

  /** Fetches what was missed, for as long as it takes. Never rejects. */
  async catchUp(live: Publication[] = []): Promise<void> {
    this.waiting = [...(this.waiting ?? []), ...live];
    if (this.isFetching || this.holds > 0) return;
    this.isFetching = true;
    while (this.members.size > 0) {
      try {
        if (await this.repair()) break;
      } catch (error) {
        if (!(error instanceof UnavailableError)) {
          this.fail(error);
          break;
        }
      }
      // What waits is in history, too, when the broker is back.
      this.waiting = [];
      await wait(RETRY_MS);
    }
    this.settle();
  }

  private async open(): Promise<void> {
    const { broker } = this.context;
    await broker.subscribe(this.channel);
    this.last = await broker.position(this.channel);
    this.settle();
  }

  /** Goes on with what came in meanwhile; whatever is not the next is looked at like any other publication. */
  private settle(): void {
    this.isFetching = false;
    // Whoever holds it has it catch up in the end.
    if (this.holds > 0) return;
    const waiting = this.waiting ?? [];
    this.waiting = null;
    // Without members there is nothing to be complete for: the hub has given this subscription up.
    if (this.members.size === 0) return;
    for (const publication of waiting) {
      // Published before the position was read: members have it from history, or are newer.
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

  /** Resolves with false as long as members may get nothing. */
  private async repair(): Promise<boolean> {
    const { historySize, metrics, log } = this.context;
    const from = this.position;
    let history = await this.history(from.offset);
    if (history === null) return false;
    let missed = missedSince(history, from, historySize);
    if (missed === null) {
      history = await this.history(0);
      if (history === null) return false;
      missed = this.reconcile(history);
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

  /** Null as long as members may get nothing. */
  private async history(fromOffset: number): Promise<History | null> {
    const { broker } = this.context;
    const history = await broker.history(this.channel, fromOffset);
    // Commands get through again before the link that publications come by is whole, and its interruption reported.
    return this.holds > 0 || !broker.isConnected() ? null : history;
  }

  /** An error of ours: members come back and begin anew. */
  private fail(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.context.log.note('failed', `${this.channel.name}: closing ${this.members.size} connections: ${reason}`);
    for (const member of this.members) member.close(CLOSE.streamLost);
  }

  /**
   * For a stream that is not the one we knew: the broker has lost its data (a new epoch), or the newest part of it. What
   * follows the first message that we know, or the beginning of the new epoch, is all there is: new messages and those that are
   * published again, in any order; the latter are told apart when they are handed on.
   * @returns null if that can't be told
   */
  private reconcile(history: History): Publication[] | null {
    const { publications, position } = history;
    const isNewEpoch = position.epoch !== this.position.epoch;
    if (!isNewEpoch && !this.hasDiverged(history)) return null;
    this.context.log.note(
      'diverged',
      `${this.channel.name}: the broker ${isNewEpoch ? 'has a new epoch' : 'has lost the end of the stream'}, ` +
        `${formatCursor(this.position)} here, ${formatCursor(position)} there`,
    );
    for (const member of this.members) member.streamLost();
    if (!isNewEpoch || this.context.broker.losesChannelsAlone) this.context.onDiverged(this.channel);
    const isFromTheBeginning = position.offset === publications.length;
    if (isNewEpoch && isFromTheBeginning) return publications;
    const known = publications.findIndex((each) => this.wasReceived(each));
    return known === -1 ? null : publications.slice(known);
  }

  /** Whether our place in the stream is another message's now; false if history no longer has it. */
  private hasDiverged({ publications, position }: History): boolean {
    const { offset, tag } = this.position;
    if (position.offset < offset) return true;
    const atOurs = [position, ...publications.map((each) => each.position)].find((each) => each.offset === offset);
    return atOurs !== undefined && atOurs.tag !== tag;
  }

  private isNext({ epoch, offset }: Position): boolean {
    return epoch === this.position.epoch && offset === this.position.offset + 1;
  }

  /** Gives it to every member that has not had it: each knows its own place. */
  private hand({ id, position, formerPosition, except, payload }: Publication): void {
    const former = formerPosition ?? this.recent.get(id) ?? null;
    this.last = position;
    this.recent.set(id, position);
    const frame = encodeTextFrame(payload);
    for (const member of this.members) {
      // Keys are only made where somebody has asked for that.
      if (except === null || member.echoKey !== except) member.deliver(position, former, frame);
    }
    this.context.metrics.delivered(id, this.members.size);
  }

  /** Whether it has come before: itself, or where it was published before a loss; or was older than all members then. */
  private wasReceived({ id, formerPosition: former }: Publication): boolean {
    const wasBefore = former !== null && former.epoch === this.position.epoch && former.offset <= this.position.offset;
    return wasBefore || this.recent.get(id) !== undefined;
  }
}
