import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { PendingAnswers } from '../../http/pending-answers.js';
import { answerOf, type HttpRefusal, REFUSAL } from './http-refusal.js';
import { Refusals } from './refusals.js';

/** Node's codes for what is wrong with a request; all others mean that it can't be parsed. */
const REFUSALS: Readonly<Record<string, HttpRefusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: REFUSAL.tooSlow,
  HPE_HEADER_OVERFLOW: REFUSAL.headersTooLarge,
};

/** Answers requests that are none, and ends their connections: what Node does by itself too, but uncounted. */
@Injectable()
export class UnreadableRequests {
  constructor(private readonly refusals: Refusals) {}

  /** Handles the `clientError` event of an HTTP server. */
  handle(error: NodeJS.ErrnoException, socket: Socket, answers: PendingAnswers): void {
    const pending = answers.to(socket);
    if (pending?.req.complete === true) {
      // What is wrong came after a request that was in order.
      socket.pause();
      pending.once('close', () => this.handle(error, socket, answers));
      return;
    }
    // Browsers open connections in advance, and may never need them.
    const wasSilent = socket.bytesRead === 0;
    // Two answers that are mixed are worse than half a one.
    const isAnswering = pending?.headersSent === true;
    if (error.code === 'ECONNRESET' || wasSilent || isAnswering || !socket.writable) {
      socket.destroy();
      return;
    }
    const refusal = REFUSALS[error.code ?? ''] ?? REFUSAL.unreadable;
    this.refusals.note(refusal, socket.remoteAddress ?? '');
    socket.end(answerOf(refusal), () => socket.destroy());
  }
}
