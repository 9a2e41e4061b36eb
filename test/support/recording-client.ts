import { connect, type Frame, type TestClient } from './ws-client.js';

/** How what a client has seen differs from what it was to see; `NOTHING_AMISS` when it does not. */
export interface Account {
  missing: number[];
  doubled: number[];
  /** Those that came after one with a higher number. */
  late: number[];
}

export const NOTHING_AMISS: Account = { missing: [], doubled: [], late: [] };

/** A client of an organization's events that remembers all that it has seen, over all of its connections. */
export class RecordingClient {
  private readonly connections: TestClient[] = [];
  private readonly welcomes: Frame[] = [];
  private readonly seen = new Set<number>();
  /** How many frames of the present connection are in `seen`: they are many, and tests ask often. */
  private lookedAt = 0;
  /** Where it is connected, or was last. */
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

  /** Leaves, if it has not been sent away, and comes back with the last cursor it saw; says whether it has missed nothing. */
  async resume(node: { wsUrl: string }): Promise<boolean> {
    await this.leave();
    const { resumed } = await this.connect(node, `?cursor=${encodeURIComponent(this.cursor)}`);
    return resumed === true;
  }

  /** Cuts the connection. */
  async leave(): Promise<void> {
    if (this.isOpen) await this.current.terminate();
  }

  get isOpen(): boolean {
    return this.current.isOpen;
  }

  /** How the present connection was closed. */
  closed(deadlineMs?: number): Promise<{ code: number; reason: string }> {
    return this.current.closed(deadlineMs);
  }

  /** The last one that it saw. */
  get cursor(): string {
    const last = [...this.welcomes, ...this.frames].map(({ cursor }) => String(cursor));
    return last.reduce((newest, each) => (each > newest ? each : newest), '');
  }

  /** Every event, of all connections. */
  get frames(): Frame[] {
    return this.connections.flatMap(({ received }) => received.filter(({ type }) => type === 'event'));
  }

  /** The numbers that the events carry as `data.n`. */
  get numbers(): number[] {
    return this.frames.flatMap((frame) => numberOf(frame) ?? []);
  }

  has(n: number): boolean {
    this.look();
    return this.seen.has(n);
  }

  /** Compares with the numbers from `first` to below `end`, which were sent in this order. */
  account(end: number, first = 0): Account {
    return accountOf(this.numbers, end, first);
  }

  private async connect(node: { wsUrl: string }, query: string): Promise<Frame> {
    this.node = node;
    const connection = await connect(`${node.wsUrl}${this.path}${query}`, { token: this.token });
    const welcome = await connection.next();
    if (this.connections.length > 0) this.look();
    this.connections.push(connection);
    this.lookedAt = 0;
    this.welcomes.push(welcome);
    return welcome;
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

/** Compares numbers that came with those from `first` to below `end`, which were sent in this order. */
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
