import { setTimeout as wait } from 'node:timers/promises';
import { cpuMs } from '../process-cpu.js';
import { residentMb } from '../process-memory.js';
import { percentile } from '../statistics.js';
import type { CrowdProcess } from './crowd-process.js';
import { Stage } from './stage.js';
import type { Peer, RunningServer } from './world.js';

export const [SOME, MANY] = [1_000, 5_000];
export const [CALM_PER_SECOND, BUSY_PER_SECOND] = [10, 100];
/** So many that what a server does besides hardly counts, and not too many for any of them. */
const PINGS_PER_SECOND = 20_000;
/** The first clients, for whom the server compiles code and grows its tables. */
const FIRST = 200;
const SETTLE_MS = 2_000;
const COLLECT_MS = 500;
const PAUSE_MS = 1_000;

/** How long each part of a visit lasts. */
export interface Plan {
  rounds: number;
  warmUpMs: number;
  floodMs: number;
  calmMs: number;
  busyMs: number;
  pingMs: number;
}

export const FULL: Plan = {
  rounds: 3,
  warmUpMs: 2_000,
  floodMs: 5_000,
  calmMs: 8_000,
  busyMs: 5_000,
  pingMs: 4_000,
};
export const QUICK: Plan = {
  rounds: 1,
  warmUpMs: 1_000,
  floodMs: 2_000,
  calmMs: 3_000,
  busyMs: 2_000,
  pingMs: 2_000,
};

export type Metric =
  /** CPU time of the server for each delivery, in microseconds; and deliveries a second. */
  | 'cpuToSome'
  | 'rateToSome'
  | 'cpuToMany'
  | 'rateToMany'
  /** Milliseconds from the call that publishes to the member's socket. */
  | 'calmP50'
  | 'calmP99'
  | 'busyP99'
  /** Memory of the server for each idle connection, in KB. */
  | 'memory'
  /** CPU time of the server for each ping, in microseconds. */
  | 'cpuOfPing';

export interface Measurement {
  value: number;
  /** Of a core: what the crowd or this process, which publishes, used meanwhile; the larger one. */
  load: number;
}

export type Visit = Readonly<Record<Metric, Measurement>>;

/** Measures everything about a server, in a new process of it. */
export async function visit(peer: Peer, crowd: CrowdProcess, tokens: readonly string[], plan: Plan): Promise<Visit> {
  const server = await peer.start();
  try {
    return await measure(peer, server, crowd, tokens, plan);
  } finally {
    await crowd.order({ order: 'leave', keep: 0 }).finally(() => server.stop());
  }
}

async function measure(
  peer: Peer,
  server: RunningServer,
  crowd: CrowdProcess,
  tokens: readonly string[],
  plan: Plan,
): Promise<Visit> {
  const target = { peer: peer.name, port: server.port, path: peer.path };
  const observe = <T>(run: () => Promise<T>): Promise<Observation<T>> => observed(server.pid, crowd.pid, run);

  await crowd.order({ order: 'join', target, tokens, count: FIRST });
  await crowd.order({ order: 'leave', keep: 0 });
  const emptyMb = await settledMb(server.pid);
  await crowd.order({ order: 'join', target, tokens, count: MANY });
  const fullMb = await settledMb(server.pid);

  const many = new Stage(crowd, MANY, peer.publish);
  await many.flood(plan.warmUpMs);
  const toMany = await observe(() => many.flood(plan.floodMs));

  await crowd.order({ order: 'leave', keep: SOME });
  await wait(PAUSE_MS);
  const some = new Stage(crowd, SOME, peer.publish);
  await some.flood(plan.warmUpMs);
  const toSome = await observe(() => some.flood(plan.floodMs));
  await wait(PAUSE_MS);
  const calm = await observe(() => some.pace(CALM_PER_SECOND, plan.calmMs));
  const busy = await observe(() => some.pace(BUSY_PER_SECOND, plan.busyMs));

  const ping = async (ms: number): Promise<number> => {
    const [answered = 0] = await crowd.order({ order: 'ping', perSecond: PINGS_PER_SECOND, ms });
    return answered;
  };
  await ping(plan.warmUpMs);
  const pings = await observe(() => ping(plan.pingMs));

  return {
    cpuToSome: { value: toSome.cpuMicros / toSome.result, load: toSome.load },
    rateToSome: { value: toSome.result / toSome.seconds, load: toSome.load },
    cpuToMany: { value: toMany.cpuMicros / toMany.result, load: toMany.load },
    rateToMany: { value: toMany.result / toMany.seconds, load: toMany.load },
    calmP50: { value: percentile(calm.result, 0.5), load: calm.load },
    calmP99: { value: percentile(calm.result, 0.99), load: calm.load },
    busyP99: { value: percentile(busy.result, 0.99), load: busy.load },
    memory: { value: ((fullMb - emptyMb) * 1_024) / MANY, load: 0 },
    cpuOfPing: { value: pings.cpuMicros / pings.result, load: pings.load },
  };
}

/** The memory of a server at rest, without garbage. */
async function settledMb(pid: number): Promise<number> {
  await wait(SETTLE_MS);
  // Objects with finalizers, such as closed sockets, go with the second collection.
  for (let n = 0; n < 2; n += 1) {
    process.kill(pid, 'SIGUSR2');
    await wait(COLLECT_MS);
  }
  return residentMb(pid);
}

interface Observation<T> {
  result: T;
  /** What the server used. */
  cpuMicros: number;
  seconds: number;
  load: number;
}

async function observed<T>(server: number, crowd: number, run: () => Promise<T>): Promise<Observation<T>> {
  const use = (): Promise<number[]> => Promise.all([server, crowd, process.pid].map(cpuMs));
  const before = await use();
  const start = performance.now();
  const result = await run();
  const ms = performance.now() - start;
  const after = await use();
  const [serverMs = 0, ...loads] = after.map((value, n) => value - (before[n] ?? 0));
  return { result, cpuMicros: serverMs * 1_000, seconds: ms / 1_000, load: Math.max(...loads) / ms };
}
