import { Injectable, Logger } from '@nestjs/common';
import { LineBudget } from '../support/line-budget.js';
import { RealtimeMetrics } from '../realtime-metrics.js';

/** Lines a second, of all steps together: a node with many channels recovers them all at once. */
const LINES = 40;

/**
 * The steps of a recovery, in order, as logs and `herald_recovery_total` name them:
 *
 * - `link_down`: the link that publications arrive by was cut.
 * - `link_up`: the link is restored; this node compares its channels with the broker.
 * - `shard_link_up`: the link to a shard of a cluster brings this node's own probes again; it does the same.
 * - `gap_noticed`: a publication arrived that is not the next one.
 * - `gap_filled`: the missed messages were read from history.
 * - `diverged`: the broker has lost the stream, or its end.
 * - `republished`: the outbox republishes what the broker has lost.
 * - `unconfirmed`: a client resumed while it was not known what Redis has lost, and was told to refetch.
 * - `gap_lost`: history does not reach back; the channel's clients are closed with 1013 `stream_lost`.
 * - `failed`: a channel could not recover because of an internal error; its clients are closed in the same way.
 */
export type RecoveryStep =
  | 'link_down'
  | 'link_up'
  | 'shard_link_up'
  | 'gap_noticed'
  | 'gap_filled'
  | 'diverged'
  | 'republished'
  | 'unconfirmed'
  | 'gap_lost'
  | 'failed';

/** Logs the steps of recovery, at a bounded rate, and counts every step. */
@Injectable()
export class RecoveryLog {
  private readonly logger = new Logger('Recovery');
  private readonly budget = new LineBudget(LINES, (summary) => this.logger.warn(summary));

  constructor(private readonly metrics: RealtimeMetrics) {}

  /** @param detail channel, positions and counts */
  note(step: RecoveryStep, detail: string): void {
    this.metrics.recovery.inc({ step });
    if (this.budget.take(step)) this.logger.warn(`${step}: ${detail}`);
  }
}
