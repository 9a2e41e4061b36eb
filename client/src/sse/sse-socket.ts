import type { Socket } from '../options.js';
import { EventParser, type StreamEvent } from './event-parser.js';

type Listener = Parameters<Socket['addEventListener']>[1];
type Event = Parameters<Listener>[0];

/** What an HTTP refusal is as a close code. */
const CODES: Readonly<Record<number, number>> = { 401: 4001, 403: 4003, 404: 4003, 429: 4029, 503: 1013 };
const TOKEN_PROTOCOL = 'access_token.';
/** How many heartbeats may stay away before the stream counts as silent. */
const MISSED_HEARTBEATS = 2;

/** A stream that is being read, and what ends it. */
interface Stream {
  abort: AbortController;
  /** The first frame is the answer to a renewal, which the connection must not take for a new one. */
  isRenewal: boolean;
}

/** Server-sent events in the shape of a WebSocket, so that a connection can use either. */
export class SseSocket implements Socket {
  private readonly listeners: [type: Event['type'], listener: Listener][] = [];
  private readonly url: string;
  private token: string | undefined;
  private current: Stream;
  private lastId: string | undefined;
  private heardAt = performance.now();
  private silenceMs = Infinity;
  private isOver = false;
  /** The current one, and a renewal that will replace it. */
  private readonly streams = new Set<Stream>();

  /** @param url of the WebSocket; @param protocols may have the token */
  constructor(url: string, protocols: readonly string[]) {
    this.url = url.replace(/^ws/, 'http').replace('/ws/', '/sse/');
    const token = protocols.find((protocol) => protocol.startsWith(TOKEN_PROTOCOL));
    this.token = token && fromBase64Url(token.slice(TOKEN_PROTOCOL.length));
    this.current = this.start(false);
  }

  addEventListener(type: Event['type'], listener: Listener): void {
    this.listeners.push([type, listener]);
  }

  /** There is no way up: a ping is answered from what has been heard, and a new token opens a new stream. */
  send(text: string): void {
    const frame = JSON.parse(text) as { type: string; token?: string };
    if (frame.type === 'auth') {
      this.token = frame.token;
      this.start(true);
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

  private start(isRenewal: boolean): Stream {
    const stream = { abort: new AbortController(), isRenewal };
    this.streams.add(stream);
    if (!isRenewal) this.current = stream;
    void this.read(stream);
    return stream;
  }

  /** Never rejects. */
  private async read(stream: Stream): Promise<void> {
    try {
      const response = await this.ask(stream.abort.signal);
      if (response.status !== 200 || response.body === null) {
        await this.refused(response);
        return;
      }
      const parser = new EventParser();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        this.heardAt = performance.now();
        for (const event of parser.read(decoder.decode(chunk.value, { stream: true }))) this.receive(stream, event);
      }
      if (stream === this.current) this.end(1006, 'stream_ended');
    } catch (error) {
      // A renewal replaces the stream that it ends.
      if (stream === this.current || stream.isRenewal) this.end(1006, String(error));
    } finally {
      this.streams.delete(stream);
    }
  }

  private ask(signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    const url = new URL(this.url);
    if (this.token !== undefined) {
      headers.authorization = `Bearer ${this.token}`;
      // They were for the first stream.
      for (const name of ['token', 'ticket']) if (this.lastId !== undefined) url.searchParams.delete(name);
    }
    if (this.lastId !== undefined) headers['last-event-id'] = this.lastId;
    return fetch(url, { headers, signal, cache: 'no-store' });
  }

  private async refused(response: Response): Promise<void> {
    const { reason = '' } = (await response.json().catch(() => ({}))) as { reason?: string };
    this.end(CODES[response.status] ?? 1006, reason || `HTTP ${response.status}`);
  }

  private receive(stream: Stream, { name, id, data }: StreamEvent): void {
    if (this.isOver) return;
    if (name === 'close') {
      const { code, reason } = JSON.parse(data) as { code: number; reason: string };
      if (stream === this.current) this.end(code, reason);
      return;
    }
    this.lastId = id ?? this.lastId;
    if (!data.startsWith('{"type":"connection.established"')) {
      this.tell({ type: 'message', data });
      return;
    }
    const welcome = JSON.parse(data) as { heartbeat_interval: number; expires_at: string; resumed?: boolean };
    this.silenceMs = (MISSED_HEARTBEATS + 1) * welcome.heartbeat_interval * 1_000;
    if (stream.isRenewal) {
      this.current.abort.abort();
      this.current = stream;
      stream.isRenewal = false;
      const { expires_at } = welcome;
      // What can't be resumed must be told as a new connection.
      if (welcome.resumed === true) data = JSON.stringify({ type: 'auth.refreshed', expires_at });
    }
    this.tell({ type: 'message', data });
  }

  private end(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const { abort } of this.streams) abort.abort();
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
