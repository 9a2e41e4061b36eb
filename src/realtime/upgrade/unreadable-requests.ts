import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { PendingAnswers } from './pending-answers.js';
import { answerOf, type HttpRefusal, REFUSAL } from './http-refusal.js';
import { Refusals } from './refusals.js';

/** Refusals by Node's error code; any other code means that the request can't be parsed. */
const REFUSALS: Readonly<Record<string, HttpRefusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: REFUSAL.tooSlow,
  HPE_HEADER_OVERFLOW: REFUSAL.headersTooLarge,
};

/** Answers malformed requests, and closes their connections. Node would do the same, but without counting them. */
@Injectable()
export class UnreadableRequests {
  constructor(private readonly refusals: Refusals) {}

  /** Handles the `clientError` event of an HTTP server. */
  handle(error: NodeJS.ErrnoException, socket: Socket, answers: PendingAnswers): void {
    const pending = answers.to(socket);
    if (pending?.req.complete === true) {
      // The malformed request was pipelined behind a valid one: answer that first.
      socket.pause();
      pending.once('close', () => this.handle(error, socket, answers));
      return;
    }
    // Browsers open connections in advance, and may never use them.
    const wasSilent = socket.bytesRead === 0;
    // A truncated answer is better than two mixed ones.
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
