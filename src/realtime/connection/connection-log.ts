import { Injectable, Logger } from '@nestjs/common';
import { LineBudget } from '../support/line-budget.js';
import type { Principal } from './principal.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { type Close, LIMIT_CLOSES } from './close-code.js';
import type { RateVerdict } from './rate-limit.js';

/** Lines a second, of all kinds together. */
const LINES = 20;

/** The client that a line names: the user, if known, and the address. Never a token. */
export interface Peer {
  readonly principal: Principal | null;
  readonly remoteAddress: string;
}

/** Counts every refused or closed connection, and logs refusals and exceeded limits, at a bounded rate. */
@Injectable()
export class ConnectionLog {
  private readonly logger = new Logger('Connections');
  private readonly budget = new LineBudget(LINES, (summary) => this.logger.warn(`Refusals and limits: ${summary}`));

  constructor(private readonly metrics: RealtimeMetrics) {}

  /** A connection was refused. */
  refused(close: Close, { principal, remoteAddress }: Peer): void {
    this.metrics.closed(close);
    const ofUser = principal === null ? '' : ` of ${principal.userId}`;
    const line = `Refused a connection${ofUser} from ${remoteAddress}: ${close.code} ${close.reason}`;
    if (this.budget.take(`${close.code} ${close.reason}`)) this.logger.log(line);
  }

  /** An admitted connection was closed. */
  closed(close: Close, { principal, remoteAddress }: Peer): void {
    this.metrics.closed(close);
    if (!LIMIT_CLOSES.has(close) || !this.budget.take(`${close.code} ${close.reason}`)) return;
    this.logger.warn(`Closed ${nameOf(principal)} from ${remoteAddress} with ${close.code} ${close.reason}`);
  }

  /** A frame beyond the rate limit was dropped. */
  dropped(verdict: RateVerdict, { principal, remoteAddress }: Peer): void {
    this.metrics.droppedFrames.inc();
    if (verdict !== 'drop-and-tell' || !this.budget.take('rate_limited')) return;
    this.logger.log(`Dropping frames of ${nameOf(principal)} from ${remoteAddress}: rate_limited`);
  }
}

function nameOf(principal: Principal | null): string {
  return principal?.userId ?? 'an unknown user';
}
