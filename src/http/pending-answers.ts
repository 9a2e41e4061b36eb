import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Knows which connections of an HTTP server wait for an answer, for those who want to write to one beside the server. */
export class PendingAnswers {
  private readonly latest = new WeakMap<Duplex, ServerResponse>();

  constructor(server: Server) {
    // Before the application, which may answer at once.
    server.prependListener('request', (request, response) => {
      const { socket } = request;
      this.latest.set(socket, response);
      response.once('close', () => {
        if (this.latest.get(socket) === response) this.latest.delete(socket);
      });
    });
  }

  /** The last answer that is under way on a connection; when it closes, so have all before it. */
  to(socket: Duplex): ServerResponse | undefined {
    return this.latest.get(socket);
  }
}
