import type { ClientOptions, Socket } from '../options.js';
import { SseSocket } from './sse-socket.js';

type SocketConstructor = NonNullable<ClientOptions['WebSocket']>;

/** WebSocket attempts in a row that fail before the welcome, after which server-sent events are tried. */
const ATTEMPTS = 2;
/** The first return is soon: the attempts may have failed for a reason that is over. */
const FIRST_RETURN_MS = 10_000;
const RETURN_MS = 300_000;
/** Refusals of the server's own, which show that HTTP works. */
const REFUSALS = [4001, 4003];

export interface FallbackOptions {
  /** As of `ClientOptions`: in Node 20 that of `ws`. */
  WebSocket?: SocketConstructor;
  /** Milliseconds on server-sent events after which WebSockets are tried again, and again. */
  returnAfter?: number;
}

/**
 * For networks that block WebSockets: server-sent events once two attempts in a row have failed while HTTP works, and WebSockets
 * again when they pass. Give it to the option `WebSocket` of a connection, or of several.
 */
export function sseFallback({ WebSocket, returnAfter = RETURN_MS }: FallbackOptions = {}): SocketConstructor {
  const given = WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  /** Failed attempts in a row, by path. */
  const failures = new Map<string, number>();

  function open(url: string, protocols: string[]): Socket {
    const { pathname } = new URL(url);
    if (given === undefined) return new SseSocket(url, protocols);
    if ((failures.get(pathname) ?? 0) >= ATTEMPTS) return openEvents(given, url, pathname, protocols);
    const socket = new given(url, protocols);
    const seen = watch(socket);
    socket.addEventListener('close', ({ code = 1006 }) => {
      if (seen.isLeft) return;
      // Any other code is the server's own: WebSockets do work.
      failures.set(pathname, seen.isWelcomed || code !== 1006 ? 0 : (failures.get(pathname) ?? 0) + 1);
    });
    return socket;
  }

  function openEvents(given: SocketConstructor, url: string, pathname: string, protocols: string[]): Socket {
    const socket = new SseSocket(url, protocols);
    const seen = watch(socket);
    const tryAgain = (): void => {
      probe(given, url, () => {
        failures.delete(pathname);
        socket.leave();
      });
      timer = setTimeout(tryAgain, returnAfter);
    };
    let timer = setTimeout(tryAgain, Math.min(FIRST_RETURN_MS, returnAfter));
    socket.addEventListener('close', ({ code = 1006 }) => {
      clearTimeout(timer);
      // Then it is not only WebSockets that fail.
      if (!seen.isWelcomed && !seen.isLeft && !REFUSALS.includes(code)) failures.delete(pathname);
    });
    return socket;
  }

  // Called with `new`: what it returns is the object.
  return function (url: string, protocols: string[]) {
    return open(url, protocols);
  } as unknown as SocketConstructor;
}

/** What has become of a socket: whether it was welcomed, and whether its owner has closed it. */
function watch(socket: Socket): { isWelcomed: boolean; isLeft: boolean } {
  const seen = { isWelcomed: false, isLeft: false };
  socket.addEventListener('message', () => (seen.isWelcomed = true));
  const close = socket.close.bind(socket);
  socket.close = (code) => {
    seen.isLeft = true;
    close(code);
  };
  return seen;
}

/** Opens a WebSocket without credentials: that it is refused by the server, with 4001, shows that WebSockets pass. */
function probe(WebSocket: SocketConstructor, url: string, onSuccess: () => void): void {
  const { origin, pathname } = new URL(url);
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}${pathname}`, ['herald.v1']);
  socket.addEventListener('close', ({ code }) => {
    if (code === 4001) onSuccess();
  });
  // In Node, without a listener it would end the process.
  socket.addEventListener('error', () => undefined);
}
