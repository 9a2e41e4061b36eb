import type { Socket } from '../options.js';
import { EventParser, type StreamEvent } from './event-parser.js';

type Listener = Parameters<Socket['addEventListener']>[1];
type Event = Parameters<Listener>[0];

/** What a refusal without a close code is. Anything else may be a proxy's, and is tried again. */
const CODES: Readonly<Record<number, number>> = { 401: 4001, 429: 4029, 503: 1013 };
const TOKEN_PROTOCOL = 'access_token.';
/** After how many heartbeats without anything the stream counts as silent. */
const HEARTBEATS = 3;

/** Server-sent events in the shape of a WebSocket, so that a connection can use either. */
export class SseSocket implements Socket {
  private readonly listeners: [type: Event['type'], listener: Listener][] = [];
  private readonly url: URL;
  private token: string | undefined;
  /** Of the stream that is being read. */
  private stream = new AbortController();
  private lastId: string | undefined;
  private heardAt = performance.now();
  private silenceMs = Infinity;
  private isOver = false;

  /**
   * @param url of the WebSocket
   * @param protocols may have the token
   */
  constructor(url: string, protocols: readonly string[]) {
    this.url = new URL(url.replace(/^ws/, 'http'));
    this.url.pathname = this.url.pathname.replace('/ws/', '/sse/');
    const token = protocols.find((protocol) => protocol.startsWith(TOKEN_PROTOCOL));
    this.token = token && fromBase64Url(token.slice(TOKEN_PROTOCOL.length));
    this.open();
  }

  addEventListener(type: Event['type'], listener: Listener): void {
    this.listeners.push([type, listener]);
  }

  /** There is no way up: a ping is answered by what was heard, and a new token opens a new stream, which resumes. */
  send(text: string): void {
    const frame = JSON.parse(text) as { type: string; token?: string };
    if (frame.type === 'auth') {
      this.token = frame.token;
      // They were the first stream's.
      for (const name of ['token', 'ticket']) this.url.searchParams.delete(name);
      this.open();
    } else if (performance.now() - this.heardAt < this.silenceMs) {
      // Later, as over a network.
      queueMicrotask(() => {
        if (!this.isOver) this.tell({ type: 'message', data: '{"type":"pong","timestamp":null}' });
      });
    }
  }

  close(code = 1005): void {
    this.end(code, '');
  }

  /** Ends so that the connection comes back, resuming, as after a restart of the server. */
  leave(): void {
    this.end(1012, 'websocket_works');
  }

  private open(): void {
    this.stream.abort();
    this.stream = new AbortController();
    void this.read(this.stream.signal);
  }

  /** Never rejects. */
  private async read(signal: AbortSignal): Promise<void> {
    try {
      const response = await this.ask(signal);
      if (response.status !== 200 || response.body === null) {
        await this.refused(response, signal);
        return;
      }
      const parser = new EventParser();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        this.heardAt = performance.now();
        for (const event of parser.read(decoder.decode(chunk.value, { stream: true }))) {
          if (!signal.aborted) this.receive(event);
        }
      }
      if (!signal.aborted) this.end(1006, 'stream_ended');
    } catch (error) {
      if (!signal.aborted) this.end(1006, String(error));
    }
  }

  private ask(signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (this.token !== undefined) headers.authorization = `Bearer ${this.token}`;
    if (this.lastId !== undefined) headers['last-event-id'] = this.lastId;
    return fetch(this.url, { headers, signal, cache: 'no-store' });
  }

  private async refused(response: Response, signal: AbortSignal): Promise<void> {
    const problem = (await response.json().catch(() => ({}))) as { code?: number; reason?: string };
    const { code = CODES[response.status] ?? 1006, reason = `HTTP ${response.status}` } = problem;
    if (!signal.aborted) this.end(code, reason);
  }

  private receive({ name, id, data }: StreamEvent): void {
    this.lastId = id ?? this.lastId;
    if (name === 'close') {
      const { code, reason } = JSON.parse(data) as { code: number; reason: string };
      this.end(code, reason);
      return;
    }
    if (this.silenceMs === Infinity) {
      // The first frame is the welcome.
      const { heartbeat_interval: seconds } = JSON.parse(data) as { heartbeat_interval?: number };
      if (seconds !== undefined) this.silenceMs = HEARTBEATS * seconds * 1_000;
    }
    this.tell({ type: 'message', data });
  }

  private end(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stream.abort();
    this.tell({ type: 'close', code, reason });
  }

  private tell(event: Event): void {
    for (const [type, listener] of this.listeners) if (type === event.type) listener(event);
  }
}

function fromBase64Url(text: string): string {
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
