import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ProcessServer } from './process-server.js';
import { findRedis } from './programs.js';
import { portOptions, type RedisOptions, type RedisServer, startRedis } from './redis.js';
import type { Server } from './server.js';

/** A Redis master with one replica, and the sentinels that watch them. Whoever starts it stops it. */
export interface SentinelGroup {
  /** What the sentinels call the master. */
  readonly name: string;
  /** As in `REDIS_SENTINELS`. */
  readonly addresses: string;
  /** The one that is the master at first. */
  readonly master: RedisServer;
  /** The one that takes over. */
  readonly replica: RedisServer;
  stop(): Promise<void>;
}

const NAME = 'main';
/** How long the master is silent before the sentinels act: short, where 30 s is Redis's own choice. */
const DOWN_AFTER_MS = 1_000;
/** How often sentinels look and tell each other, ms: Redis has no settings for it, and takes up to ten seconds. */
const PERIODS = { 'info-period': 200, 'publish-period': 200 };

export interface SentinelOptions extends RedisOptions {
  /** Further lines of the sentinels' configuration. */
  configuration?: string[];
}

/** Starts three sentinels, two of which have to agree, over a master and a replica. */
export async function startSentinelGroup(options: SentinelOptions = {}): Promise<SentinelGroup> {
  // Else the master waits five seconds for further replicas before it sends its data.
  const args = [...(options.args ?? []), '--repl-diskless-sync-delay', '0'];
  const master = await startRedis({ ...options, args });
  const replicaOf = ['--replicaof', master.host, String(master.port)];
  const replica = await startRedis({ ...options, args: [...(options.args ?? []), ...replicaOf] });
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(master, options)));
  // Those that ask for a password keep their own pace.
  if (options.configuration === undefined && options.tls === undefined) await Promise.all(sentinels.map(hurry));
  return {
    name: NAME,
    addresses: sentinels.map(({ host, port }) => `${host}:${port}`).join(','),
    master,
    replica,
    async stop() {
      await Promise.all([...sentinels, replica, master].map((server) => server.stop()));
    },
  };
}

function startSentinel(master: Server, { tls, configuration = [] }: SentinelOptions): Promise<Server> {
  return ProcessServer.launch({
    program: findRedis() ?? 'redis-server',
    // A sentinel keeps what it learns in its configuration file.
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

async function hurry({ host, port }: Server): Promise<void> {
  const sentinel = new Redis({ host, port });
  await sentinel.call('SENTINEL', 'DEBUG', ...Object.entries(PERIODS).flat());
  sentinel.disconnect();
}

function watching({ host, port }: Server): string[] {
  return [
    `sentinel monitor ${NAME} ${host} ${port} 2`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 5000`,
  ];
}
