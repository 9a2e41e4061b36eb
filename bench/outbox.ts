/**
 * The outbox at volume, with real processes, Postgres and Redis: how much a backlog of one channel delays others, how
 * draining grows with its length and with the processes, and how soon events go on after Redis has lost its data.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { TcpProxy } from '../src/realtime/testing/tcp-proxy.js';
import { HeraldProcess } from '../test/support/herald-process.js';
import { ApiClient } from '../test/support/api-client.js';
import { postgresDatabase, type RedisServer, startRedis } from '../test/support/servers.js';
import type { TestClient } from '../test/support/ws-client.js';
import { table, writeResults } from './results.js';
import { percentile } from './statistics.js';

const POLL_MS = 5;

/** Processes that share a database and a Redis of their own. */
class Scene {
  readonly processes: HeraldProcess[] = [];

  private constructor(
    readonly database: DataSource,
    readonly redis: RedisServer,
    private readonly proxy: TcpProxy,
    private readonly databaseUrl: string,
  ) {}

  static async open(latencyMs = 0): Promise<Scene> {
    const [redis, url] = await Promise.all([startRedis(), postgresDatabase()]);
    const database = await new DataSource({ type: 'postgres', url }).initialize();
    const proxy = await TcpProxy.start({ host: redis.host, port: redis.port }, latencyMs);
    return new Scene(database, redis, proxy, url);
  }

  async start(count: number, variables: Record<string, string> = {}): Promise<HeraldProcess> {
    const start = (): Promise<HeraldProcess> =>
      HeraldProcess.spawn('main.js', {
        DATABASE_URL: this.databaseUrl,
        REDIS_HOST: this.proxy.host,
        REDIS_PORT: String(this.proxy.port),
        HTTP_RATE_LIMIT_PER_MINUTE: '0',
        RUN_JOBS: 'false',
        LOG_LEVEL: 'error',
        ...variables,
      });
    for (let n = 0; n < count; n += 1) this.processes.push(await (await start()).ready());
    const [first] = this.processes;
    if (first === undefined) throw new Error('count: takes at least 1');
    return first;
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.end('SIGTERM')));
    await this.database.destroy();
    await this.proxy.stop();
    await this.redis.stop();
  }

  /** Writes messages of a number of channels in one transaction. */
  async pileUp(messages: number, channels: number, published = 'NULL'): Promise<string> {
    const prefix = `org:${randomUUID().slice(0, -6)}`;
    await this.database.query(
      `INSERT INTO realtime_outbox (id, channel, kind, body, published_at)
       SELECT gen_random_uuid(), $1 || lpad((n % $3::int)::text, 6, '0'), 'frame', '{"type":"event","n":' || n || '}',
         ${published}
       FROM generate_series(1, $2::int) AS n`,
      [prefix, messages, channels],
    );
    return prefix;
  }

  async waiting(): Promise<number> {
    const [row] = await this.database.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM (SELECT FROM realtime_outbox WHERE published_at IS NULL LIMIT 1) waiting',
    );
    return row?.count ?? 0;
  }

  /** How long a backlog takes to be published, in milliseconds. */
  async drain(messages: number, channels: number): Promise<number> {
    const prefix = await this.pileUp(messages, channels);
    const startedAt = performance.now();
    while ((await this.waiting()) > 0) await wait(POLL_MS);
    const took = performance.now() - startedAt;
    await this.database.query('DELETE FROM realtime_outbox WHERE channel LIKE $1', [`${prefix}%`]);
    await this.database.query('VACUUM ANALYZE realtime_outbox');
    return took;
  }
}

async function notify(admin: ApiClient, title: string): Promise<void> {
  const { status } = await admin.post('/notifications', { user_id: 'alice', notification: { title } });
  if (status !== 201) throw new Error(`Notifying was answered with ${status}`);
}

async function received(client: TestClient, title: string): Promise<void> {
  for (;;) {
    const { notification } = await client.next();
    if ((notification as { title?: string } | undefined)?.title === title) return;
  }
}

interface Row {
  what: string;
  measured: string;
  goal: string;
  isKept: boolean;
}

const ms = (value: number): string => `${value.toFixed(0)} ms`;

async function fairness(): Promise<Row[]> {
  const [MESSAGES, SAMPLES] = [20_000, 100];
  const scene = await Scene.open();
  try {
    const node = await scene.start(1);
    const alice = await node.join('/ws/notifications/', await node.tokenFor('alice'));
    const admin = new ApiClient(node.url, await node.tokenFor('admin', { roles: ['realtime-admin'] }));
    const latencies: number[] = [];
    const revocations: number[] = [];
    for (let n = 0; n < SAMPLES; n += 1) {
      if ((await scene.waiting()) === 0) await scene.pileUp(MESSAGES, 1);
      const title = `Number ${n}`;
      const startedAt = performance.now();
      await notify(admin, title);
      await received(alice, title);
      latencies.push(performance.now() - startedAt);
    }
    for (let n = 0; n < SAMPLES / 10; n += 1) {
      if ((await scene.waiting()) === 0) await scene.pileUp(MESSAGES, 1);
      const bob = await node.join('/ws/notifications/', await node.tokenFor('bob'));
      const startedAt = performance.now();
      await admin.post('/realtime/users/bob/disconnect');
      await bob.closed();
      revocations.push(performance.now() - startedAt);
    }
    const [p99, latest] = [percentile(latencies, 0.99), Math.max(...revocations)];
    const beside = `Beside a backlog of ${MESSAGES.toLocaleString('en')} messages of one channel`;
    return [
      { what: `${beside}: another channel’s, p99`, measured: ms(p99), goal: '200 ms', isKept: p99 <= 200 },
      { what: `${beside}: a revocation, latest`, measured: ms(latest), goal: '1,000 ms', isKept: latest <= 1_000 },
    ];
  } finally {
    await scene.close();
  }
}

async function linearity(): Promise<Row[]> {
  const [SMALL, LARGE] = [20_000, 200_000];
  const scene = await Scene.open();
  try {
    await scene.start(1);
    await scene.drain(SMALL, 1);
    const small = await scene.drain(SMALL, 1);
    const large = await scene.drain(LARGE, 1);
    const ratio = large / small;
    const what = `Draining ${LARGE.toLocaleString('en')} messages of one channel, to ${SMALL.toLocaleString('en')}`;
    const measured = `${ms(large)} / ${ms(small)} = ${ratio.toFixed(1)} ×`;
    return [{ what, measured, goal: '10 ×', isKept: ratio <= 10 }];
  } finally {
    await scene.close();
  }
}

async function growth(): Promise<Row[]> {
  const [MESSAGES, CHANNELS, LATENCY_MS, PROCESSES] = [20_000, 20_000, 20, 4];
  const scene = await Scene.open(LATENCY_MS);
  try {
    await scene.start(1);
    await scene.drain(2_000, 2_000);
    const alone = await scene.drain(MESSAGES, CHANNELS);
    await scene.start(PROCESSES - 1);
    await scene.drain(2_000, 2_000);
    const together = await scene.drain(MESSAGES, CHANNELS);
    const ratio = alone / together;
    const what = `Draining ${MESSAGES.toLocaleString('en')} channels, ${LATENCY_MS} ms to Redis: 1 process to ${PROCESSES}`;
    const measured = `${ms(alone)} / ${ms(together)} = ${ratio.toFixed(1)} ×`;
    return [{ what, measured, goal: '3 × at least', isKept: ratio >= 3 }];
  } finally {
    await scene.close();
  }
}

async function loss(): Promise<Row[]> {
  const [MESSAGES, CHANNELS] = [1_000_000, 10_000];
  const scene = await Scene.open();
  try {
    const node = await scene.start(1);
    const alice = await node.join('/ws/notifications/', await node.tokenFor('alice'));
    const admin = new ApiClient(node.url, await node.tokenFor('admin', { roles: ['realtime-admin'] }));
    await notify(admin, 'Before');
    await received(alice, 'Before');
    await scene.pileUp(MESSAGES, CHANNELS, 'now()');
    await scene.database.query('VACUUM ANALYZE realtime_outbox');
    await scene.redis.kill();
    await scene.redis.start();
    const startedAt = performance.now();
    await node.ready();
    await notify(admin, 'After');
    await received(alice, 'After');
    const took = performance.now() - startedAt;
    const what = `The first new event after Redis lost ${MESSAGES.toLocaleString('en')} published messages`;
    return [{ what, measured: ms(took), goal: '5,000 ms', isKept: took <= 5_000 }];
  } finally {
    await scene.close();
  }
}

/** @returns whether the goals were reached */
export async function run(print: (line: string) => void): Promise<boolean> {
  const rows: Row[] = [];
  for (const measure of [fairness, linearity, growth, loss]) {
    for (const row of await measure()) {
      rows.push(row);
      print(`${row.what}: ${row.measured} (goal: ${row.goal})`);
    }
  }
  await writeResults(
    'outbox',
    table(
      ['', 'Measured', 'Goal'],
      rows.map(({ what, measured, goal }) => [what, measured, goal]),
    ),
  );
  return rows.every(({ isKept }) => isKept);
}
