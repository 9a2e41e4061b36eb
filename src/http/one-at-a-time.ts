import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of a connection may wait for the answers to those before them; honest clients send a few ahead. */
const MOST_WAITING = 16;

/** Told of a request that is not served, before its connection is cut. */
export type RequestDropped = (request: IncomingMessage, socket: Socket) => void;

/**
 * Serves the requests of a connection one after the other; one that sends far more ahead of their answers is cut. HTTP lets
 * clients do that (RFC 9112 section 9.3.2), and Node hands all of them over at once: what was opened for an answer whose turn
 * has not come stays open for ever when the connection ends before.
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
    // What had come with the one too many.
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
