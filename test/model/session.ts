import { WebSocket } from 'ws';
import type { Ledger } from './ledger.js';
import type { Record } from './record.js';

/** An event that a client has seen. */
export interface Entry {
  id: string;
  cursor: string;
  receivedAt: number;
}

/** A place in a channel's order from which a client may resume. */
export interface Place {
  cursor: string;
  receivedAt: number;
  /** The event before the place; null if the client has seen none yet. */
  after: string | null;
  /** The client was connected from then on, so nothing that began later may be missing. */
  since: number;
}

export interface Welcome {
  cursor: string;
  /** Null if the client did not ask to resume. */
  resumed: boolean | null;
}

/** Shared by all sessions. */
export interface Observations {
  ledger: Ledger;
  record: Record;
  /** The whole message for each cursor, which must be the same for every client. */
  frames: Map<string, string>;
}

export interface SessionOptions {
  /** For the trace. */
  name: string;
  org: number;
  url: string;
  token: string;
  /** The place from which the client resumes; null if it does not. */
  from: Place | null;
}

const DEADLINE_MS = 10_000;

/** One connection of a client, and everything it has seen. Finds violations that need no other session at once. */
export class Session {
  readonly entries: Entry[] = [];
  readonly askedAt = performance.now();
  welcome: Welcome | null = null;
  welcomedAt = Infinity;
  closed: { code: number; reason: string } | null = null;
  /** Whether the client is ending it. */
  isLeaving = false;
  private readonly seen = new Set<string>();
  private readonly socket: WebSocket;

  private constructor(
    readonly options: SessionOptions,
    private readonly observations: Observations,
  ) {
    const { url, token, from } = options;
    const query = from === null ? '' : `?cursor=${encodeURIComponent(from.cursor)}`;
    this.socket = new WebSocket(`${url}${query}`, {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: DEADLINE_MS,
    });
    this.socket.on('message', (data: Buffer) => this.receive(data.toString()));
    // A failed connection closes too.
    this.socket.on('error', () => undefined);
  }

  /** Resolves when the client is welcomed or refused. */
  static async open(options: SessionOptions, observations: Observations): Promise<Session> {
    const session = new Session(options, observations);
    await new Promise<void>((resolve) => {
      session.socket.once('message', () => resolve());
      session.socket.once('close', (code, reason) => {
        session.closed = { code, reason: reason.toString() };
        session.note(`closed ${code} ${reason.toString()}`);
        resolve();
      });
    });
    return session;
  }

  get isOpen(): boolean {
    return this.closed === null && this.welcome !== null;
  }

  /** The place from which this session resumed, if it could. */
  get continues(): Place | null {
    return this.welcome?.resumed === true ? this.options.from : null;
  }

  /** The client was connected from then on, in the chain of sessions that this one continues. */
  get since(): number {
    return this.continues?.since ?? this.welcomedAt;
  }

  /** The last event, of this session or of those that it continues. */
  get last(): string | null {
    return this.entries.at(-1)?.id ?? this.continues?.after ?? null;
  }

  /** The places that the client knows. The welcome of a resumed session is not one, as missed messages follow it. */
  places(): Place[] {
    const { since, welcome, welcomedAt } = this;
    const places: Place[] = this.entries.map(({ id, cursor, receivedAt }) => ({
      cursor,
      receivedAt,
      after: id,
      since,
    }));
    if (welcome === null || this.continues !== null) return places;
    return [{ cursor: welcome.cursor, receivedAt: welcomedAt, after: null, since }, ...places];
  }

  async leave(isOrderly: boolean): Promise<void> {
    this.isLeaving = true;
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    if (isOrderly) this.socket.close(1000);
    else this.socket.terminate();
    await closed;
  }

  private receive(raw: string): void {
    const frame = JSON.parse(raw) as { type: string; cursor: string; resumed?: boolean };
    if (this.welcome === null) this.beWelcome(frame);
    else if (frame.type === 'event') this.see(raw);
    else this.violate(`got a frame that nobody sent: ${raw}`);
  }

  private beWelcome({ type, cursor, resumed }: { type: string; cursor: string; resumed?: boolean }): void {
    this.welcome = { cursor, resumed: resumed ?? null };
    this.welcomedAt = performance.now();
    this.note(`welcome at ${cursor}${resumed === undefined ? '' : `, resumed: ${resumed}`}`);
    if (type !== 'connection.established') this.violate(`got ${type} as its first frame`);
    if ((this.options.from === null) !== (resumed === undefined)) this.violate('was not told whether it is resumed');
  }

  private see(raw: string): void {
    const frame = JSON.parse(raw) as {
      event_type: string;
      cursor: string;
      data: { resource_name?: string; name?: string };
    };
    const id = `${frame.event_type} ${frame.data.resource_name ?? frame.data.name}`;
    this.note(`${id} at ${frame.cursor}`);
    const change = this.observations.ledger.find(id);
    if (change === undefined || change.outcome === 'undone') this.violate(`saw ${id}, which never happened`);
    if (change !== undefined && change.org !== this.options.org) this.violate(`saw ${id} of another organization`);
    if (this.seen.has(id)) this.violate(`saw ${id} twice on one connection`);
    const previous = this.entries.at(-1)?.cursor ?? this.continues?.cursor ?? '';
    if (frame.cursor <= previous) this.violate(`saw the cursor ${frame.cursor} after ${previous}`);
    const known = this.observations.frames.get(frame.cursor) ?? raw;
    if (known !== raw) this.violate(`saw ${raw} where another client saw ${known}`);
    this.observations.frames.set(frame.cursor, raw);
    this.seen.add(id);
    this.entries.push({ id, cursor: frame.cursor, receivedAt: performance.now() });
  }

  private note(line: string): void {
    this.observations.record.note(`  ${this.options.name}: ${line}`);
  }

  private violate(message: string): void {
    this.observations.record.violate(`${this.options.name} ${message}`);
  }
}
