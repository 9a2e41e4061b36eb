import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from '../../../src/realtime/testing/until.js';
import { ProcessServer } from './process-server.js';
import { findRedis } from './programs.js';
import { portOptions, type RedisOptions, type RedisServer, startRedis } from './redis.js';
import type { Server } from './server.js';

/** A Redis master with one replica, and the sentinels that watch them. The caller must stop the group. */
export interface SentinelGroup {
  /** The sentinels' name for the master. */
  readonly name: string;
  /** As in `REDIS_SENTINELS`. */
  readonly addresses: string;
  /** The initial master. */
  readonly master: RedisServer;
  /** The replica that takes over. */
  readonly replica: RedisServer;
  /** Resolves when each of the sentinels can lead a failover. */
  isWatched(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'main';
/** How long the master must be silent before the sentinels act; the default of Redis is 30 s. */
const DOWN_AFTER_MS = 1_000;
/** How long a vote may take; the sentinels wait twice as long before they vote again. The default is 3 minutes. */
const FAILOVER_MS = 2_000;
/** How often sentinels poll and inform each other, in ms: Redis has no settings for this, and takes up to ten seconds. */
const PERIODS = { 'info-period': 200, 'publish-period': 200 };

export interface SentinelOptions extends RedisOptions {
  /** Further lines of the sentinels' configuration. */
  configuration?: string[];
}

/** Starts three sentinels with a quorum of two, over a master and a replica. */
export async function startSentinelGroup(options: SentinelOptions = {}): Promise<SentinelGroup> {
  const master = await startRedis(options);
  const replicaOf = ['--replicaof', master.host, String(master.port)];
  const replica = await startRedis({ ...options, args: [...(options.args ?? []), ...replicaOf] });
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(master, options)));
  // Sentinels with a password keep the default intervals.
  if (options.configuration === undefined && options.tls === undefined) await Promise.all(sentinels.map(hurry));
  return {
    name: NAME,
    addresses: sentinels.map(({ host, port }) => `${host}:${port}`).join(','),
    master,
    replica,
    async isWatched() {
      for (const sentinel of sentinels) await until(() => knowsAll(sentinel));
    },
    async stop() {
      await Promise.all([...sentinels, replica, master].map((server) => server.stop()));
    },
  };
}

function startSentinel(master: Server, { tls, configuration = [] }: SentinelOptions): Promise<Server> {
  return ProcessServer.launch({
    program: findRedis() ?? 'redis-server',
    // A sentinel stores its state in its configuration file.
    args: (port, folder) => [
      join(folder, 'sentinel.conf'),
      '--sentinel',
      ...portOptions(port, tls),
      '--bind',
      '127.0.0.1',
    ],
    readyLine: /\+monitor master/,
    stopSignal: 'SIGKILL',
    prepare: (folder) =>
      writeFile(join(folder, 'sentinel.conf'), [...watching(master), ...configuration, ''].join('\n')),
  });
}

async function knowsAll({ host, port }: Server): Promise<boolean> {
  const sentinel = new Redis({ host, port });
  try {
    const [state] = (await sentinel.call('SENTINEL', 'MASTERS')) as string[][];
    const valueOf = (field: string): string | undefined => state?.[state.indexOf(field) + 1];
    return valueOf('num-slaves') === '1' && valueOf('num-other-sentinels') === '2';
  } finally {
    sentinel.disconnect();
  }
}

async function hurry({ host, port }: Server): Promise<void> {
  const sentinel = new Redis({ host, port });
  await sentinel.call('SENTINEL', 'DEBUG', ...Object.entries(PERIODS).flat());
  sentinel.disconnect();
}

function watching({ host, port }: Server): string[] {
  return [
    `sentinel monitor ${NAME} ${host} ${port} 2`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} ${FAILOVER_MS}`,
  ];
}
