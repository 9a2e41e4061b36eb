import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests on a connection may wait for earlier answers; honest clients pipeline only a few. */
const MOST_WAITING = 16;

/** Called for a request that is not served, before its connection is cut. */
export type RequestDropped = (request: IncomingMessage, socket: Socket) => void;

/**
 * Serves the requests of a connection one after the other, and cuts connections with too many waiting. HTTP allows pipelining
 * (RFC 9112 section 9.3.2), and Node passes on all requests at once: if the connection ends, resources opened for a later answer
 * would stay open forever.
 */
export function oneAtATime(listener: RequestListener, onTooMany: RequestDropped): RequestListener {
  const lines = new WeakMap<Socket, (() => void)[]>();

  function serveNext(socket: Socket): void {
    const next = socket.destroyed ? undefined : lines.get(socket)?.shift();
    if (next === undefined) lines.delete(socket);
    else next();
  }

  return (request, response) => {
    const { socket } = request;
    // Requests after the one that was too many.
    if (socket.destroyed) return;
    const serve = (): void => {
      response.once('close', () => serveNext(socket));
      listener(request, response);
    };
    const waiting = lines.get(socket);
    if (waiting === undefined) {
      lines.set(socket, []);
      serve();
    } else if (waiting.length < MOST_WAITING) {
      waiting.push(serve);
    } else {
      onTooMany(request, socket);
      socket.destroy();
    }
  };
}
