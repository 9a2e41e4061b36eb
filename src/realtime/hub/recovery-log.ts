import { Injectable, Logger } from '@nestjs/common';
import { LineBudget } from '../../runtime/line-budget.js';
import { RealtimeMetrics } from '../realtime-metrics.js';

/** Of all steps together, a second: a node with many channels recovers them all at once. */
const LINES = 40;

/**
 * The steps of a recovery, in the order in which they happen, as logs and `herald_recovery_total` name them:
 *
 * - `link_down`: the link that publications come by is cut.
 * - `link_up`: it is whole again; the channels of this node compare themselves with the broker.
 * - `gap_noticed`: a publication came that is not the next one.
 * - `gap_filled`: what was missed came from history.
 * - `diverged`: the broker has lost the stream, or the end of it; what can't be told apart is published again.
 * - `republished`: the outbox publishes again what the broker has lost.
 * - `gap_lost`: history does not reach back; the channel's clients are closed with 1013 `stream_lost`.
 * - `failed`: a channel could not recover because of an error of ours; its clients are closed in the same way.
 */
export type RecoveryStep =
  'link_down' | 'link_up' | 'gap_noticed' | 'gap_filled' | 'diverged' | 'republished' | 'gap_lost' | 'failed';

/** Tells operators what a node does about what it has missed, within bounds; counts every step. */
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
