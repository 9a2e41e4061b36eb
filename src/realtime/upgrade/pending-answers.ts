import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Tracks which connections of an HTTP server wait for an answer, for code that also writes to them. */
export class PendingAnswers {
  private readonly latest = new WeakMap<Duplex, ServerResponse>();

  constructor(server: Server) {
    // Runs before the application, which may answer at once.
    server.prependListener('request', (request, response) => {
      const { socket } = request;
      this.latest.set(socket, response);
      response.once('close', () => {
        if (this.latest.get(socket) === response) this.latest.delete(socket);
      });
    });
  }

  /** The last pending answer on a connection; when it closes, all earlier ones have closed. */
  to(socket: Duplex): ServerResponse | undefined {
    return this.latest.get(socket);
  }
}
