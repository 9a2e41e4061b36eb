/**
 * What 100 members who never read cost the others: server memory, and the latency of events to 20 members who do read. Measures
 * without and then with the stuck members on the same busy channel, in one run.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { HeraldProcess } from '../test/support/herald-process.js';
import { startBusyOrganization, TICK, type Tick } from './busy-organization.js';
import { residentMb } from './process-memory.js';
import { percentile } from './statistics.js';
import { StuckClient } from './stuck-client.js';

const STUCK = 100;
const READERS = 20;
const EVENTS_PER_SECOND = 100;
const EVENT_BYTES = 16_000;
const WARM_UP_MS = 5_000;
const PHASE_MS = 20_000;
const MAX_MEMORY_MB = 150;
const MAX_LATENCY_RATIO = 2;

/** @returns whether the limits were kept */
export async function run(print: (line: string) => void): Promise<boolean> {
  const organization = await startBusyOrganization(600);
  const { server, token, url } = organization;
  const readers = await Promise.all(Array.from({ length: READERS }, () => Reader.open(url, token)));
  const stuck: StuckClient[] = [];
  const publishing = new AbortController();
  const rate = { perSecond: EVENTS_PER_SECOND, padding: EVENT_BYTES };
  const published = organization.publish(rate, publishing.signal);
  try {
    await wait(WARM_UP_MS);
    const before = await measure(readers, server);
    for (let n = 0; n < STUCK; n += 1) stuck.push(new StuckClient(new URL(url), token));
    await wait(WARM_UP_MS);
    const during = await measure(readers, server);
    publishing.abort();
    const count = await published;
    await wait(1_000);
    const missed = readers.filter((reader) => !reader.hasAll(count)).length;
    return report(print, before, during, countCuts(stuck), missed);
  } finally {
    publishing.abort();
    for (const client of stuck) client.stop();
    for (const reader of readers) reader.close();
    await organization.stop();
  }
}

function countCuts(stuck: readonly StuckClient[]): number {
  return stuck.map(({ cuts }) => cuts).reduce((sum, cuts) => sum + cuts, 0);
}

interface Measurement {
  p50: number;
  p99: number;
  peakMb: number;
}

function report(
  print: (line: string) => void,
  before: Measurement,
  during: Measurement,
  cuts: number,
  missed: number,
): boolean {
  const memory = during.peakMb - before.peakMb;
  const ratio = during.p99 / before.p99;
  const show = ({ p50, p99, peakMb }: Measurement): string =>
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${peakMb.toFixed(0)} MB at most`;
  print(`${READERS} readers, ${EVENTS_PER_SECOND} events of ${EVENT_BYTES} bytes a second`);
  print(`without stuck members: ${show(before)}`);
  print(`with ${STUCK} of them:     ${show(during)}; cut off ${cuts} times`);
  print(`ratio: p50 ${(during.p50 / before.p50).toFixed(2)}, p99 ${ratio.toFixed(2)} (at most ${MAX_LATENCY_RATIO})`);
  print(`memory: ${memory.toFixed(0)} MB more (at most ${MAX_MEMORY_MB}); readers who missed something: ${missed}`);
  return memory <= MAX_MEMORY_MB && ratio <= MAX_LATENCY_RATIO && missed === 0;
}

async function measure(readers: readonly Reader[], server: HeraldProcess): Promise<Measurement> {
  for (const reader of readers) reader.latencies = [];
  let peakMb = 0;
  const end = performance.now() + PHASE_MS;
  while (performance.now() < end) {
    peakMb = Math.max(peakMb, await residentMb(server.pid));
    await wait(250);
  }
  const latencies = readers.flatMap((reader) => reader.latencies);
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), peakMb };
}

/** A member who reads, and records the latency of each event. */
class Reader {
  latencies: number[] = [];
  private next = 0;
  private isInOrder = true;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (bytes: Buffer) => {
      const frame = JSON.parse(bytes.toString()) as { event_type?: string; data?: Tick };
      if (frame.event_type !== TICK || frame.data === undefined) return;
      this.latencies.push(performance.now() - frame.data.sent_at);
      this.isInOrder &&= frame.data.n === this.next;
      this.next += 1;
    });
  }

  static async open(url: string, token: string): Promise<Reader> {
    const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${token}` } });
    const reader = new Reader(socket);
    // The first frame confirms the subscription.
    await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject));
    return reader;
  }

  /** Whether every event arrived exactly once and in order. */
  hasAll(count: number): boolean {
    return this.isInOrder && this.next === count;
  }

  close(): void {
    this.socket.terminate();
  }
}
