import type { DataSource, EntityManager } from 'typeorm';
import { type HistoryLimits, IDEMPOTENCY_SECONDS } from '../broker/broker.js';
import {
  AWAIT_BATCHES,
  COUNT_REOPENED,
  LOCK_CHANNELS,
  MOST_LOOKED_AT,
  NEXT_CHANNELS,
  REOPEN_LATEST,
  REOPEN_LOST,
  STATE,
  STORE_LOSS,
  STORE_STATE,
  STORE_WALK,
  TAKE_WALK,
} from './reopening-statements.js';

/** How many rows are reopened at a time, unless a single channel has a longer history. */
const ROWS_AT_ONCE = 5_000;
/** How many channels a transaction locks: the locks of all sessions share one table. */
const MOST_LOCKS = 200;
/** How far another master may lag behind the one that it replaces. */
const TAIL_SECONDS = 120;
/** How many of a channel's latest messages are published again even if history keeps fewer. */
const LEAST = 256;
/** How many masters are remembered. */
const MOST_MASTERS = 64;

/** What identifies the broker's data. */
export interface BrokerState {
  /** Null if it doesn't tell now. */
  generation: string | null;
  /** The histories that its masters belong to; null if it doesn't tell. */
  masters: readonly string[] | null;
}

/** What a process knows beside that. */
export interface Suspicion {
  /** Whether its link was cut: a broker that doesn't tell its masters may have another one. */
  wasCut: boolean;
  /** How long ago it published to a master that is no longer the one; Infinity if it has still the same, or did not. */
  publishedMsAgo: number;
}

/** How much the broker may have lost. */
export type Loss = 'nothing' | 'tail' | 'everything';

/**
 * Lets published rows wait again, because the broker may have lost them: everything, if its data is new, or what was
 * published lately, if another master has taken over. The broker recognizes what it still has.
 *
 * One process walks through all channels, in steps, while batches and joins reopen the channels that they need: so these
 * need not wait for the walk. Where it stands is stored; any process can continue it.
 */
export class Reopening {
  private generation: string | null = null;
  /** Whether the fields that are stored have been read. */
  private hasLooked = false;
  private masters: readonly string[] = [];
  private isPending = false;
  private isWaiting = false;
  /** How long ago the last loss was noted; null: never. */
  private lostMsAgo: number | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly history: HistoryLimits,
  ) {}

  /** Whether channels may still have lost rows, which must be reopened before their new messages are published. */
  get isActive(): boolean {
    return this.isPending;
  }

  /** How many channels may be reopened in one transaction. */
  get channelsAtOnce(): number {
    return Math.min(MOST_LOCKS, Math.max(2, Math.floor(ROWS_AT_ONCE / (this.history.size + 1))));
  }

  /** Whether everything that was reopened is published again. */
  get isOver(): boolean {
    return !this.isPending && !this.isWaiting;
  }

  /**
   * Compares the broker's data with what is known, and begins to reopen what it may have lost. Asks the database only if
   * something differs.
   * @returns what this process was the first to notice
   */
  async notice(state: BrokerState, suspicion: Suspicion): Promise<Loss> {
    const isDoubtful = suspicion.wasCut && state.masters === null;
    if (this.knows(state) && !isDoubtful && suspicion.publishedMsAgo === Infinity) return 'nothing';
    await this.look();
    // It went on with the former master after another process had noted the loss.
    const isLate = this.lostMsAgo !== null && suspicion.publishedMsAgo < this.lostMsAgo;
    if (this.knows(state) && !isDoubtful && !isLate) return 'nothing';
    const loss = await this.dataSource.transaction(async (manager) => {
      await manager.query(AWAIT_BATCHES);
      return this.store(state, isDoubtful || isLate, isLate ? (this.lostMsAgo ?? 0) / 1_000 : 0, manager);
    });
    await this.look();
    return loss;
  }

  /** Reopens the next channels, unless another process does. Returns whether it did. */
  async step(): Promise<boolean> {
    const most = this.channelsAtOnce;
    const hasWalked = await this.dataSource.transaction(async (manager) => {
      const [walk] = await manager.query<{ reopened_to: string }[]>(TAKE_WALK);
      if (walk === undefined) return false;
      const looked = await manager.query<{ channel: string; has_lost: boolean }[]>(NEXT_CHANNELS, [
        walk.reopened_to,
        most,
      ]);
      const lost = looked.filter(({ has_lost }) => has_lost).map(({ channel }) => channel);
      await lock(lost, manager);
      await this.reopen(lost, manager);
      const isLast = looked.length < MOST_LOOKED_AT && lost.length < most;
      await manager.query(STORE_WALK, [isLast ? null : looked.at(-1)?.channel]);
      return true;
    });
    await this.look();
    return hasWalked;
  }

  /** Reopens lost rows of channels that the transaction has locked. */
  async reopen(channels: readonly string[], manager: EntityManager): Promise<void> {
    if (channels.length > 0) await manager.query(REOPEN_LOST, [channels, this.history.size]);
  }

  /** Reopens lost rows of channels; returns by channel how many reopened ones are not published yet. */
  reopenNow(channels: readonly string[]): Promise<Map<string, number>> {
    return this.dataSource.transaction(async (manager) => {
      await lock(channels, manager);
      if (this.isPending) await this.reopen(channels, manager);
      return countsOf(await manager.query(COUNT_REOPENED, [channels]));
    });
  }

  /** Reopens what was published to channels within the last `seconds`; returns by channel how many rows wait again. */
  reopenLatest(channels: readonly string[], seconds: number): Promise<Map<string, number>> {
    return this.dataSource.transaction(async (manager) => {
      await lock(channels, manager);
      return countsOf(await manager.query(REOPEN_LATEST, [channels, seconds, Math.max(this.history.size, LEAST)]));
    });
  }

  /** Reads what is stored. */
  async look(): Promise<void> {
    const [state] = await this.dataSource.query<
      {
        generation: string;
        masters: string[] | null;
        is_pending: boolean;
        is_waiting: boolean;
        lost_ms_ago: number | null;
      }[]
    >(STATE);
    this.hasLooked = true;
    this.generation = state?.generation ?? null;
    this.masters = state?.masters ?? [];
    this.isPending = state?.is_pending === true;
    this.isWaiting = state?.is_waiting === true;
    this.lostMsAgo = state?.lost_ms_ago ?? null;
  }

  private knows({ generation, masters }: BrokerState): boolean {
    if (generation === null ? !this.hasLooked : generation !== this.generation) return false;
    return (masters ?? []).every((each) => this.masters.includes(each));
  }

  /** @param lateSeconds for how long a process may have gone on with a former master */
  private async store(
    state: BrokerState,
    isSuspect: boolean,
    lateSeconds: number,
    manager: EntityManager,
  ): Promise<Loss> {
    const [stored] = await manager.query<{ generation: string; masters: string[] | null }[]>(STATE);
    const { masters } = state;
    const generation = state.generation ?? stored?.generation;
    if (generation === undefined) return 'nothing';
    const known = stored?.masters ?? [];
    const current = masters ?? [];
    const fresh = current.filter((each) => !known.includes(each));
    const all = [...known.filter((each) => !current.includes(each)), ...current];
    await manager.query(STORE_STATE, [generation, all.slice(-Math.max(MOST_MASTERS, 2 * current.length))]);
    // The first to store its masters can't tell whether they are new.
    const isOther = isSuspect || (known.length > 0 && fresh.length > 0);
    const loss = stored?.generation !== generation ? 'everything' : isOther ? 'tail' : 'nothing';
    // Without a history nothing can be published again in its place.
    if (stored === undefined || loss === 'nothing' || this.history.size === 0) return 'nothing';
    const tail = Math.min(IDEMPOTENCY_SECONDS, Math.max(TAIL_SECONDS, lateSeconds + 1));
    await manager.query(STORE_LOSS, [loss === 'everything' ? this.history.ttlSeconds : tail]);
    return loss;
  }
}

/** In one order, so that two processes that lock the same channels don't wait for each other. */
async function lock(channels: readonly string[], manager: EntityManager): Promise<void> {
  if (channels.length > 0) await manager.query(LOCK_CHANNELS, [channels.toSorted()]);
}

function countsOf(rows: { channel: string; count: number }[]): Map<string, number> {
  return new Map(rows.map(({ channel, count }) => [channel, count]));
}
