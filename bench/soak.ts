/**
 * `npm run soak -- --minutes 120`: clients that come and go, a stream of events, and a fault every minute. Prints every ten seconds
 * what the server uses. Fails if its memory or open files grow, or if a client that stays misses an event.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { WebSocket } from 'ws';
import { startBusyOrganization, TICK, type Tick } from './busy-organization.js';
import { openFiles, residentMb } from './process-memory.js';
import { percentile } from './statistics.js';

const SAMPLE_MS = 10_000;
const FAULT_EVERY_MS = 60_000;
const EVENTS_PER_SECOND = 50;
/** A fault interrupts clients for some seconds, and for longer on a busy machine. */
const HISTORY_SECONDS = 20;
/** Clients that stay, and clients that are continually replaced. */
const STAYERS = 20;
const PASSERS = 200;
const PASSERS_REPLACED_PER_SECOND = 25;
/** Memory may vary this much between two thirds of a run, depending on garbage collection. */
const MEMORY_LEEWAY_MB = 16;
const FILES_LEEWAY = 10;

export interface SoakOptions {
  minutes: number;
  print: (line: string) => void;
}

/** @returns whether nothing grew, and no client that stayed missed an event */
export async function soak({ minutes, print }: SoakOptions): Promise<boolean> {
  const organization = await startBusyOrganization(minutes * 60, {
    HISTORY_SIZE: String(HISTORY_SECONDS * EVENTS_PER_SECOND),
  });
  const { server, redis, token, url } = organization;
  const admin = new Redis({ host: redis.host, port: redis.port });
  const faults: [string, () => Promise<unknown>][] = [
    ['the subscriber connection to Redis is cut', () => admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')],
    ['all other connections to Redis are cut', () => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')],
    ['Redis hangs for 3 s', () => admin.call('CLIENT', 'PAUSE', '3000', 'ALL')],
    ['500 clients with a bad token', () => Promise.all(Array.from({ length: 500 }, () => knock(url, `${token}x`)))],
  ];
  const end = new AbortController();
  const stayers = await Promise.all(Array.from({ length: STAYERS }, () => Client.open(url, token)));
  const working = Promise.all([
    organization.publish({ perSecond: EVENTS_PER_SECOND }, end.signal),
    churn(url, token, end.signal),
  ]);
  working.catch(() => end.abort());

  const samples: Sample[] = [];
  const start = performance.now();
  let nextFault = start + FAULT_EVERY_MS;
  while (performance.now() - start < minutes * 60_000 && !end.signal.aborted) {
    await wait(SAMPLE_MS);
    const latencies = stayers.flatMap((client) => client.latencies.splice(0));
    const sample = { memoryMb: await residentMb(server.pid), files: await openFiles(server.pid) };
    samples.push(sample);
    const seconds = ((performance.now() - start) / 1_000).toFixed(0);
    const p99 = percentile(latencies, 0.99).toFixed(1);
    print(
      `${seconds} s: ${sample.memoryMb.toFixed(0)} MB, ${sample.files} open files, ${latencies.length} deliveries, p99 ${p99} ms`,
    );
    if (performance.now() < nextFault) continue;
    nextFault += FAULT_EVERY_MS;
    const next = faults.shift();
    if (next === undefined) continue;
    faults.push(next);
    print(`now: ${next[0]}`);
    await next[1]();
  }
  end.abort();
  const [published] = await working;
  await wait(6_000);
  const missed = stayers.filter((client) => !client.hasAll(published)).length;
  for (const client of stayers) client.close();
  admin.disconnect();
  await organization.stop();
  return judge(samples, missed, print);
}

interface Sample {
  memoryMb: number;
  files: number;
}

/** Compares the last third of the samples with the one before; the first is warm-up. */
function judge(samples: readonly Sample[], missed: number, print: (line: string) => void): boolean {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  const growth = (of: (sample: Sample) => number): number =>
    percentile(last.map(of), 0.5) - percentile(middle.map(of), 0.5);
  const memory = growth(({ memoryMb }) => memoryMb);
  const files = growth(({ files }) => files);
  print(
    `growth from the second third to the last: ${memory.toFixed(1)} MB, ${files} open files; clients that missed events: ${missed}`,
  );
  return memory <= MEMORY_LEEWAY_MB && files <= FILES_LEEWAY && missed === 0;
}

/** Keeps replacing clients, half of them without a closing handshake. */
async function churn(url: string, token: string, signal: AbortSignal): Promise<void> {
  const clients: WebSocket[] = [];
  for (let n = 0; !signal.aborted; n += 1) {
    const client = new WebSocket(url, { headers: { Authorization: `Bearer ${token}` } });
    client.on('error', () => undefined);
    clients.push(client);
    if (clients.length > PASSERS) {
      const oldest = clients.shift();
      if (n % 2 === 0) oldest?.terminate();
      else oldest?.close();
    }
    await wait(1_000 / PASSERS_REPLACED_PER_SECOND);
  }
  for (const client of clients) client.terminate();
}

async function knock(url: string, token: string): Promise<void> {
  const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${token}` } });
  await new Promise<void>((resolve) => socket.once('close', () => resolve()).on('error', () => undefined));
}

/** Stays, and resumes from its cursor after each disconnection. */
class Client {
  readonly latencies: number[] = [];
  private readonly seen = new Set<number>();
  private cursor = '';
  private isStopped = false;
  private socket: WebSocket | null = null;

  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  static async open(url: string, token: string): Promise<Client> {
    const client = new Client(url, token);
    await client.connect();
    return client;
  }

  hasAll(count: number): boolean {
    return this.seen.size === count;
  }

  close(): void {
    this.isStopped = true;
    this.socket?.terminate();
  }

  private connect(): Promise<void> {
    const query = this.cursor === '' ? '' : `?cursor=${encodeURIComponent(this.cursor)}`;
    const socket = new WebSocket(this.url + query, { headers: { Authorization: `Bearer ${this.token}` } });
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.isStopped) setTimeout(() => void this.connect(), 500);
    });
    return new Promise((resolve) => {
      socket.on('message', (bytes: Buffer) => {
        this.read(JSON.parse(bytes.toString()) as Frame);
        resolve();
      });
    });
  }

  private read(frame: Frame): void {
    if (frame.resumed === false) throw new Error('A client could not resume');
    this.cursor = frame.cursor ?? this.cursor;
    if (frame.event_type !== TICK || frame.data === undefined) return;
    if (this.seen.has(frame.data.n)) throw new Error(`Event ${frame.data.n} arrived twice`);
    this.seen.add(frame.data.n);
    this.latencies.push(performance.now() - frame.data.sent_at);
  }
}

interface Frame {
  resumed?: boolean;
  cursor?: string;
  event_type?: string;
  data?: Tick;
}
