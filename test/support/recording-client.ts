import { setTimeout as wait } from 'node:timers/promises';
import { connect, type Frame, type TestClient } from './ws-client.js';

const UNAVAILABLE = 1013;
const TRIES_FOR_MS = 10_000;
const PAUSE_MS = 250;

/** How the events received differ from those expected; `NOTHING_AMISS` if they do not. */
export interface Account {
  missing: number[];
  doubled: number[];
  /** Numbers that arrived after a higher one. */
  late: number[];
}

export const NOTHING_AMISS: Account = { missing: [], doubled: [], late: [] };

/** A client of an organization's events that records everything it receives, across all its connections. */
export class RecordingClient {
  private readonly connections: TestClient[] = [];
  private readonly welcomes: Frame[] = [];
  private readonly seen = new Set<number>();
  /** How many messages of the current connection are in `seen`, which avoids rereading them all. */
  private lookedAt = 0;
  /** The node it is or was last connected to. */
  node: { wsUrl: string } | null = null;

  private constructor(
    private readonly path: string,
    private readonly token: string,
  ) {}

  static async open(node: { wsUrl: string }, orgId: string, token: string): Promise<RecordingClient> {
    const client = new RecordingClient(`/ws/events/${orgId}/`, token);
    await client.connect(node, '');
    return client;
  }

  /** Reconnects with the last cursor it received; returns whether it missed nothing. */
  async resume(node: { wsUrl: string }): Promise<boolean> {
    await this.leave();
    const { resumed } = await this.connect(node, `?cursor=${encodeURIComponent(this.cursor)}`);
    return resumed === true;
  }

  /** Drops the connection. */
  async leave(): Promise<void> {
    if (this.isOpen) await this.current.terminate();
  }

  get isOpen(): boolean {
    return this.current.isOpen;
  }

  /** How the current connection was closed. */
  closed(deadlineMs?: number): Promise<{ code: number; reason: string }> {
    return this.current.closed(deadlineMs);
  }

  /** The last cursor it received. */
  get cursor(): string {
    const last = [...this.welcomes, ...this.frames].map(({ cursor }) => String(cursor));
    return last.reduce((newest, each) => (each > newest ? each : newest), '');
  }

  /** All events, from all connections. */
  get frames(): Frame[] {
    return this.connections.flatMap(({ received }) => received.filter(({ type }) => type === 'event'));
  }

  /** The numbers in `data.n` of the events. */
  get numbers(): number[] {
    return this.frames.flatMap((frame) => numberOf(frame) ?? []);
  }

  has(n: number): boolean {
    this.look();
    return this.seen.has(n);
  }

  /** Compares the numbers received with those from `first` up to `end` (exclusive), which were sent in this order. */
  account(end: number, first = 0): Account {
    return accountOf(this.numbers, end, first);
  }

  private async connect(node: { wsUrl: string }, query: string): Promise<Frame> {
    this.node = node;
    const { connection, welcome } = await this.welcomed(`${node.wsUrl}${this.path}${query}`);
    if (this.connections.length > 0) this.look();
    this.connections.push(connection);
    this.lookedAt = 0;
    this.welcomes.push(welcome);
    return welcome;
  }

  /** Tries again while the node can't admit it in time (1013), as clients are to do. */
  private async welcomed(url: string): Promise<{ connection: TestClient; welcome: Frame }> {
    const end = performance.now() + TRIES_FOR_MS;
    for (;;) {
      const connection = await connect(url, { token: this.token });
      try {
        return { connection, welcome: await connection.next() };
      } catch (error) {
        const isUnavailable = !connection.isOpen && (await connection.closed()).code === UNAVAILABLE;
        if (!isUnavailable || performance.now() > end) throw error;
        await wait(PAUSE_MS);
      }
    }
  }

  private look(): void {
    const { received } = this.current;
    for (const frame of received.slice(this.lookedAt)) {
      const n = numberOf(frame);
      if (n !== null) this.seen.add(n);
    }
    this.lookedAt = received.length;
  }

  private get current(): TestClient {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('The client has never been connected');
    return connection;
  }
}

function numberOf({ data }: Frame): number | null {
  const n = typeof data === 'object' && data !== null && 'n' in data ? data.n : null;
  return typeof n === 'number' ? n : null;
}

/** Compares the numbers received with those from `first` up to `end` (exclusive), which were sent in this order. */
export function accountOf(numbers: readonly number[], end: number, first = 0): Account {
  const seen = new Set<number>();
  const account: Account = { missing: [], doubled: [], late: [] };
  let highest = -1;
  for (const n of numbers) {
    if (seen.has(n)) account.doubled.push(n);
    else if (n < highest) account.late.push(n);
    seen.add(n);
    highest = Math.max(highest, n);
  }
  for (let n = first; n < end; n += 1) if (!seen.has(n)) account.missing.push(n);
  return account;
}
