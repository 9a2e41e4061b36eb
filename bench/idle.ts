/**
 * What a server without connections uses: CPU time of each second, and memory; with Redis and Postgres, and with the
 * embedded databases. As `npm start` runs it.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../src/realtime/testing/until.js';
import { freePort, postgresDatabase, startRedis } from '../test/support/servers.js';
import { cpuMs } from './process-cpu.js';
import { residentMb } from './process-memory.js';
import { table, writeResults } from './results.js';

/** In the first minutes V8 collects what the start has left, again and again. */
const SETTLE_MS = 150_000;
const MEASURE_MS = 60_000;
/** A hundredth of a core's time, in milliseconds of each second. */
const PERCENT = 10;

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Use {
  percent: number;
  mb: number;
}

async function measure(variables: Record<string, string>): Promise<Use> {
  const port = String(await freePort());
  const env = { HOST: '127.0.0.1', PORT: port, LOG_LEVEL: 'error', ...variables };
  const server = spawn(process.execPath, [MAIN], { env, stdio: 'inherit' });
  const { pid } = server;
  if (pid === undefined) throw new Error(`${MAIN} did not start`);
  const ended = new Promise((resolve) => server.once('close', resolve));
  try {
    await until(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null);
      return response?.status === 200;
    }, 60_000);
    await wait(SETTLE_MS);
    const before = await cpuMs(pid);
    await wait(MEASURE_MS);
    const used = (await cpuMs(pid)) - before;
    return { percent: used / (MEASURE_MS / 1_000) / PERCENT, mb: await residentMb(pid) };
  } finally {
    server.kill();
    await ended;
  }
}

/** @returns whether the goals were reached */
export async function run(print: (line: string) => void): Promise<boolean> {
  const [redis, url, folder] = await Promise.all([
    startRedis(),
    postgresDatabase(),
    mkdtemp(join(tmpdir(), 'herald-')),
  ]);
  try {
    const variables = { DATABASE_URL: url, REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) };
    const [served, embedded] = await Promise.all([measure(variables), measure({ DATA_DIR: folder })]);
    const uses = [
      { what: 'with Redis and Postgres', goal: { percent: 0.5, mb: 100 }, ...served },
      { what: 'embedded', goal: { percent: 0.5, mb: 200 }, ...embedded },
    ];
    const rows = uses.flatMap(({ what, percent, mb, goal }) => [
      [`CPU of an idle node ${what}`, `${percent.toFixed(2)} % of a core`, `${goal.percent} %`],
      [`Memory of an idle node ${what}`, `${mb.toFixed(0)} MB`, `${goal.mb} MB`],
    ]);
    for (const row of rows) print(row.join(' | '));
    await writeResults('idle', table(['', 'Measured', 'Goal'], rows));
    return uses.every(({ percent, mb, goal }) => percent <= goal.percent && mb <= goal.mb);
  } finally {
    await redis.stop();
    await rm(folder, { recursive: true });
  }
}
