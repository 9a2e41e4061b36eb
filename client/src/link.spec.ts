import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Link } from './link.js';
import type { Socket } from './options.js';

const TIMES = { pingInterval: 25_000, answerTimeout: 10_000 };

type Listener = Parameters<Socket['addEventListener']>[1];

/** A WebSocket that the test controls. */
class FakeSocket implements Socket {
  readonly sent: { type: string; timestamp: number }[] = [];
  readonly closes: unknown[] = [];
  terminate = jest.fn();
  private readonly listeners = new Map<string, Listener>();

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, listener);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code?: number): void {
    this.closes.push(code);
  }

  /** Sends a frame as the server. */
  say(frame: unknown): void {
    this.sayText(JSON.stringify(frame));
  }

  sayText(data: string): void {
    this.listeners.get('message')?.({ type: 'message', data });
  }

  end(code: number, reason: string): void {
    this.listeners.get('close')?.({ type: 'close', code, reason });
  }
}

let socket: FakeSocket;
let link: Link;
let frames: unknown[];
let latencies: number[];
let ends: unknown[];

beforeEach(() => {
  jest.useFakeTimers();
  [frames, latencies, ends] = [[], [], []];
  socket = new FakeSocket();
  link = new Link(socket, TIMES, {
    onFrame: (frame) => frames.push(frame),
    onLatency: (latency) => latencies.push(latency),
    onEnd: (...end) => ends.push(end),
  });
});
afterEach(() => {
  jest.useRealTimers();
});

/** The server admits the link. */
function welcome(): void {
  socket.say({ type: 'connection.established' });
  link.ping();
}

function pong(): void {
  socket.say({ type: 'pong', timestamp: socket.sent.at(-1)?.timestamp });
}

describe('a link', () => {
  it('hands on frames, and says how long a ping took', () => {
    welcome();
    jest.advanceTimersByTime(40);
    pong();
    socket.say({ type: 'event', cursor: 'c1' });
    expect(frames).toEqual([{ type: 'connection.established' }, { type: 'event', cursor: 'c1' }]);
    expect(latencies).toEqual([40]);
  });

  it('pings at intervals while it is answered', () => {
    welcome();
    for (let n = 1; n <= 5; n += 1) {
      pong();
      jest.advanceTimersByTime(TIMES.pingInterval);
      expect(socket.sent).toHaveLength(n + 1);
    }
    expect(ends).toEqual([]);
  });

  it('ends when a ping is not answered, and does not wait for a close', () => {
    welcome();
    jest.advanceTimersByTime(TIMES.answerTimeout - 1);
    expect(ends).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ends).toEqual([[1006, 'silent']]);
    expect(socket.terminate).toHaveBeenCalledTimes(1);
  });

  it('ends on time even if it is pinged repeatedly', () => {
    welcome();
    for (let n = 0; n < 10; n += 1) {
      jest.advanceTimersByTime(TIMES.answerTimeout / 10);
      link.ping();
    }
    expect(ends).toEqual([[1006, 'silent']]);
  });

  it('counts any frame as life: answers come after the missed frames', () => {
    welcome();
    jest.advanceTimersByTime(TIMES.answerTimeout - 1);
    socket.say({ type: 'event' });
    jest.advanceTimersByTime(TIMES.answerTimeout);
    expect(ends).toEqual([]);
  });

  it('ends when it is not admitted within twice that time', () => {
    jest.advanceTimersByTime(2 * TIMES.answerTimeout - 1);
    expect(ends).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ends).toEqual([[1006, 'silent']]);
  });

  it('says how it was closed, once, and waits for nothing more', () => {
    welcome();
    socket.end(1012, 'restarting');
    socket.end(1006, '');
    expect(ends).toEqual([[1012, 'restarting']]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each(['<html>', '', 'null'])('ends, so that the client resumes, on text that is not a frame: %p', (text) => {
    welcome();
    socket.sayText(text);
    expect(ends).toEqual([[1006, 'no_json']]);
  });

  it('does nothing more once it is dropped', () => {
    welcome();
    link.drop();
    pong();
    socket.say({ type: 'event' });
    socket.end(1000, '');
    link.send({ type: 'auth' });
    jest.advanceTimersByTime(3_600_000);
    expect([frames.length, latencies.length, ends.length, socket.sent.length]).toEqual([1, 0, 0, 1]);
    expect(socket.closes).toEqual([1000]);
  });
});
