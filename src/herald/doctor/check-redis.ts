import { Cluster, type Redis } from 'ioredis';
import type { Environment } from '../../config/environment.js';
import { becomesReady, connectRedis } from '../../realtime/support/redis-connection.js';
import { JOBS_PREFIX, refusedRights } from '../../redis/needed-rights.js';
import { describeError } from '../describe-error.js';
import { type Finding, findingsOf } from './finding.js';
import { medianMs } from './median.js';
import { explainFailure } from './redis-failure.js';

const PATIENCE_MS = 4_000;
const SLOW_MS = 20;
/** The first with sharded pub/sub, which a cluster needs. */
const LEAST_VERSION = 7;

/** Checks that Redis answers, how fast, and that it keeps its data. */
export async function checkRedis({ redis }: Environment): Promise<Finding[]> {
  const { ok, broken } = findingsOf('Redis');
  if (redis === null) {
    return [ok('Embedded broker and job queue, for one process. Set REDIS_HOST to run more than one.')];
  }
  let failure: unknown = new Error('it does not answer');
  const connection = connectRedis(redis, {
    onError: (error) => (failure = error),
    enableOfflineQueue: false,
    commandTimeout: PATIENCE_MS,
    connectionName: 'herald:doctor',
  });
  try {
    if (!(await becomesReady(connection, PATIENCE_MS))) {
      return [broken(await explainFailure(redis, failure))];
    }
    const isCluster = connection instanceof Cluster;
    const findings = await Promise.all(serversOf(connection).map((server) => checkOne(server, redis.db, isCluster)));
    return findings.flat();
  } finally {
    connection.disconnect();
  }
}

/** The masters of a cluster, or the one server. */
function serversOf(connection: Redis | Cluster): Redis[] {
  return connection instanceof Cluster ? connection.nodes('master') : [connection];
}

async function checkOne(server: Redis, db: number, isShard: boolean): Promise<Finding[]> {
  const findings = [await checkRights(server, db, isShard), ...(await checkInfo(server))];
  const subject = `Redis ${server.options.host ?? ''}:${server.options.port ?? ''}`;
  return findings.map(({ text, ...rest }) => ({ ...rest, text: `${text} (${subject})` }));
}

async function checkRights(server: Redis, db: number, isShard: boolean): Promise<Finding> {
  const { ok, broken } = findingsOf('Redis rights');
  const refusals = await refusedRights(server, db, isShard);
  if (refusals.length === 0) return ok('The user has the rights for every command that Herald needs.');
  const advice = `Give the user of REDIS_USERNAME ~herald:* ~${JOBS_PREFIX}:* &herald:* and these commands.`;
  return broken(`The user lacks rights: ${refusals.join('; ')}. ${advice}`);
}

async function checkInfo(server: Redis): Promise<Finding[]> {
  let info: Info;
  try {
    info = parseInfo(await server.info());
  } catch (error) {
    const text = `INFO is refused (${describeError(error)}), so its version, memory policy and persistence can't be checked.`;
    return [findingsOf('Redis').skipped(text)];
  }
  return [checkVersion(info, await medianMs(() => server.ping())), checkMemory(info), checkPersistence(info)];
}

function checkVersion(info: Info, ms: number): Finding {
  const { ok, warning } = findingsOf('Redis');
  const version = info.get('redis_version') ?? 'unknown';
  const found = `Version ${version} answers in ${ms} ms.`;
  if (parseInt(version, 10) < LEAST_VERSION) return warning(`${found} Herald is tested from ${LEAST_VERSION} on.`);
  return ms > SLOW_MS
    ? warning(`${found} Every message waits for that: move Herald and Redis closer together.`)
    : ok(found);
}

function checkMemory(info: Info): Finding {
  const { ok, warning, broken } = findingsOf('Redis memory');
  const policy = info.get('maxmemory_policy') ?? 'unknown';
  const isLimited = info.get('maxmemory') !== '0';
  if (policy === 'noeviction') return ok(`maxmemory-policy is noeviction.`);
  const advice = 'Set it to noeviction: otherwise Redis evicts jobs and history when its memory is full.';
  const found = `maxmemory-policy is ${policy}. ${advice}`;
  return isLimited ? broken(found) : warning(found);
}

function checkPersistence(info: Info): Finding {
  const { ok, warning, broken } = findingsOf('Redis data');
  const failed = ['aof_last_write_status', 'rdb_last_bgsave_status'].filter((name) => info.get(name) === 'err');
  if (failed.length > 0)
    return broken(`Redis could not write its data (${failed.join(', ')}). Check its log and its disk.`);
  if (info.get('aof_enabled') === '1') return ok('The append-only file is on.');
  return warning(
    'The append-only file is off: a restart of Redis loses queued jobs and history newer than its last snapshot. Set appendonly to yes.',
  );
}

type Info = ReadonlyMap<string, string>;

function parseInfo(text: string): Info {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}
