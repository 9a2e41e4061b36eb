import type { ClientOptions, Socket } from '../options.js';
import { SseSocket } from './sse-socket.js';

type SocketConstructor = NonNullable<ClientOptions['WebSocket']>;

/** WebSocket attempts in a row that fail before the welcome, after which server-sent events are tried. */
const ATTEMPTS = 2;
const RETURN_MS = 300_000;

export interface FallbackOptions {
  /** As of `ClientOptions`: in Node 20 that of `ws`. */
  WebSocket?: SocketConstructor;
  /** Milliseconds on server-sent events after which WebSockets are tried again, and again. */
  returnAfter?: number;
}

/**
 * For networks that block WebSockets: server-sent events while two attempts in a row fail and HTTP works, and WebSockets again
 * once they do. Give one to the option `WebSocket` of each connection.
 */
export function sseFallback({ WebSocket, returnAfter = RETURN_MS }: FallbackOptions = {}): SocketConstructor {
  const given = WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  let failures = given === undefined ? ATTEMPTS : 0;

  function open(url: string, protocols: string[]): Socket {
    if (given === undefined || failures >= ATTEMPTS) return openEvents(url, protocols);
    const socket = new given(url, protocols);
    let isThrough = false;
    socket.addEventListener('message', () => {
      isThrough = true;
      failures = 0;
    });
    socket.addEventListener('close', ({ code = 1006 }) => {
      // Any other code is the server's own: WebSockets do work.
      if (!isThrough) failures = code === 1006 ? failures + 1 : 0;
    });
    return socket;
  }

  function openEvents(url: string, protocols: string[]): Socket {
    const socket = new SseSocket(url, protocols);
    let timer: ReturnType<typeof setTimeout>;
    const tryAgain = (): void => {
      if (given !== undefined)
        probe(given, url, () => {
          failures = 0;
          socket.leave();
        });
      timer = setTimeout(tryAgain, returnAfter);
    };
    timer = setTimeout(tryAgain, returnAfter);
    socket.addEventListener('close', ({ code }) => {
      clearTimeout(timer);
      // Then it is not only WebSockets that fail.
      if (code === 1006 && given !== undefined) failures = 0;
    });
    return socket;
  }

  // Called with `new`: what it returns is the object.
  return function (url: string, protocols: string[]) {
    return open(url, protocols);
  } as unknown as SocketConstructor;
}

/** Opens a WebSocket without credentials: that it opens, though it is then refused, shows that they pass. */
function probe(WebSocket: SocketConstructor, url: string, onSuccess: () => void): void {
  const { origin, pathname } = new URL(url);
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${pathname}`, ['herald.v1']);
  socket.addEventListener('close', ({ code }) => {
    if (code === 4001) onSuccess();
  });
  socket.addEventListener('error', () => undefined);
}
