import { readFileSync } from 'node:fs';
import { Redis, type RedisOptions as ConnectionOptions } from 'ioredis';
import { until } from '../../../src/realtime/testing/until.js';
import { freePort } from './free-port.js';
import { type RedisOptions, type RedisServer, startRedis } from './redis.js';

const SLOTS = 16_384;

/** A Redis Cluster of masters without replicas. The caller must stop it. */
export interface RedisCluster {
  readonly masters: readonly RedisServer[];
  /** In the format of `REDIS_CLUSTER_NODES`. */
  readonly nodes: string;
  stop(): Promise<void>;
}

/**
 * Starts a cluster that distributes the slots evenly over `size` masters.
 * @param access the credentials of a user with all rights, if the cluster requires any
 */
export async function startCluster(
  size: number,
  options: RedisOptions = {},
  access: Pick<ConnectionOptions, 'password'> = {},
): Promise<RedisCluster> {
  const masters = await Promise.all(Array.from({ length: size }, () => startMaster(options)));
  const tls = options.tls === undefined ? undefined : { ca: readFileSync(options.tls.certificate) };
  const links = masters.map(({ host, port }) => new Redis({ host, port, tls, ...access }));
  const share = Math.ceil(SLOTS / size);
  for (const [index, link] of links.entries()) {
    const { host, port, busPort } = masters[index] ?? unknownMaster(index);
    const portName = tls === undefined ? 'cluster-announce-port' : 'cluster-announce-tls-port';
    // A single node cannot learn its address from others.
    await link.config('SET', 'cluster-announce-ip', host, portName, port);
    await link.cluster('ADDSLOTSRANGE', index * share, Math.min((index + 1) * share, SLOTS) - 1);
    await links[0]?.call('CLUSTER', 'MEET', host, port, busPort);
  }
  await until(async () => (await Promise.all(links.map(isWhole))).every(Boolean));
  for (const link of links) link.disconnect();
  return {
    masters,
    nodes: masters.map(({ host, port }) => `${host}:${port}`).join(','),
    stop: async () => {
      await Promise.all(masters.map((master) => master.stop()));
    },
  };
}

/** Starts a replica of one of the cluster's masters, and waits until it has the master's data. The caller must stop it. */
export async function startClusterReplica(master: RedisServer, options: RedisOptions = {}): Promise<RedisServer> {
  const server = await startMaster(options);
  const [replica, source] = [new Redis(server.url), new Redis(master.url)];
  try {
    const masterId = await source.call('CLUSTER', 'MYID');
    await replica.config('SET', 'cluster-announce-ip', server.host, 'cluster-announce-port', server.port);
    await source.call('CLUSTER', 'MEET', server.host, String(server.port), String(server.busPort));
    await until(async () => {
      try {
        await replica.call('CLUSTER', 'REPLICATE', String(masterId));
        return true;
      } catch {
        // It does not know the master yet.
        return false;
      }
    });
    await until(async () => (await replica.info('replication')).includes('master_link_status:up'));
    // Clients ask any of the nodes for the replicas.
    await until(async () => String(await source.cluster('SLOTS')).includes(`${server.host},${server.port}`));
    return server;
  } finally {
    replica.disconnect();
    source.disconnect();
  }
}

function unknownMaster(index: number): never {
  throw new Error(`No master ${index}`);
}

/** By default the cluster bus uses the port plus 10,000, which may be out of range. */
async function startMaster({ args = [], ...options }: RedisOptions): Promise<RedisServer & { busPort: number }> {
  const busPort = await freePort();
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
  const server = await startRedis({ ...options, args: [...args, ...cluster] });
  return Object.assign(server, { busPort });
}

async function isWhole(link: Redis): Promise<boolean> {
  const info = await link.cluster('INFO');
  return info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${SLOTS}`);
}
