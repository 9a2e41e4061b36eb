import { until } from '../../src/realtime/testing/until.js';

/** An event of a stream, as the specification of server-sent events reads it. */
export interface StreamEvent {
  /** `message` unless the server names it. */
  event: string;
  id: string | null;
  data: Record<string, unknown>;
}

export interface StreamOptions {
  token?: string;
  lastEventId?: string;
  headers?: Record<string, string>;
}

const open = new Set<EventStream>();

/** Closes all streams that a test has left open; for `afterEach`. */
export function closeAllStreams(): void {
  for (const stream of open) stream.close();
}

/** A client of server-sent events that tests read event by event. */
export class EventStream {
  readonly events: StreamEvent[] = [];
  comments = 0;
  /** The last `retry:`, in milliseconds. */
  retry: number | null = null;
  hasEnded = false;
  private read = 0;
  private readonly abort = new AbortController();

  private constructor(readonly response: Response) {}

  /** @throws {Error} if the answer is not a stream */
  static async open(url: string, options: StreamOptions = {}): Promise<EventStream> {
    const abort = new AbortController();
    const response = await ask(url, options, abort.signal);
    if (response.status !== 200 || response.body === null)
      throw new Error(`${response.status}: ${await response.text()}`);
    const stream = new EventStream(response);
    stream.abort.signal.addEventListener('abort', () => abort.abort());
    open.add(stream);
    void stream.consume(response.body);
    return stream;
  }

  async next(): Promise<StreamEvent> {
    await until(() => this.events.length > this.read || this.hasEnded);
    const event = this.events[this.read];
    if (event === undefined) throw new Error(`The stream ended after ${JSON.stringify(this.events)}`);
    this.read += 1;
    return event;
  }

  async ended(): Promise<void> {
    await until(() => this.hasEnded);
  }

  close(): void {
    open.delete(this);
    this.abort.abort();
  }

  private async consume(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.keep(block);
      }
    } catch {
      // Cut, or closed by the test.
    }
    this.hasEnded = true;
    open.delete(this);
  }

  private keep(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) this.comments += 1;
      else fields.set(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2));
    }
    const [retry, data] = [fields.get('retry'), fields.get('data')];
    if (retry !== undefined) this.retry = Number(retry);
    if (data === undefined) return;
    const { id = null, event = 'message' } = Object.fromEntries(fields) as { id?: string; event?: string };
    this.events.push({ event, id, data: JSON.parse(data) as Record<string, unknown> });
  }
}

/** The HTTP answer to a request for a stream, without its body. */
export async function streamStatus(url: string, options: StreamOptions = {}): Promise<number> {
  const abort = new AbortController();
  const { status } = await ask(url, options, abort.signal);
  abort.abort();
  return status;
}

function ask(url: string, { token, lastEventId, headers }: StreamOptions, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    signal,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      ...headers,
    },
  });
}
