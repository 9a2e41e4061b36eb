import type { Duplex } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { answerOf, endWith, type HttpRefusal } from './http-refusal.js';

/** Counts every refusal before the handshake, and logs the first of each reason, once a minute. */
@Injectable()
export class Refusals {
  private readonly log = new QuietErrorLog(new Logger(Refusals.name), 'Refused a request');

  constructor(private readonly metrics: RealtimeMetrics) {}

  /** Records a refusal that is answered elsewhere. */
  note({ status, reason, why }: HttpRefusal, remoteAddress: string): void {
    this.metrics.refusals.inc({ reason });
    // No path or query: both may carry a token. One line for all addresses, because a flood comes from many.
    const line = `${reason} (${status}), from ${remoteAddress || 'a closed socket'}`;
    this.log.warn(reason, why === undefined ? line : `${line}: ${why}`);
  }

  /** Answers an upgrade request and ends its socket. */
  refuse(socket: Duplex, refusal: HttpRefusal, remoteAddress: string, method?: string): void {
    this.note(refusal, remoteAddress);
    endWith(socket, answerOf(refusal, method));
  }
}
