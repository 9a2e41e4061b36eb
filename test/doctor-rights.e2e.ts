import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Environment } from '../src/config/environment.js';
import { checkRedis } from '../src/herald/doctor/check-redis.js';
import { NEEDED_COMMANDS } from '../src/redis/needed-rights.js';
import { HeraldProcess } from './support/herald-process.js';
import { type Herald, herald, type Variables } from './support/herald.js';
import { emptyDatabase, postgresDatabase, startCluster } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, connect } from './support/ws-client.js';

let node: Herald;
let admin: Redis;
let folder: string;

beforeAll(async () => {
  [node, folder] = await Promise.all([
    herald({ RUN_JOBS: 'true', HTTP_RATE_LIMIT_PER_MINUTE: '600' }),
    mkdtemp(join(tmpdir(), 'herald-doctor-')),
  ]);
  admin = new Redis(node.redis.url);
});
afterAll(async () => {
  admin.disconnect();
  await closeAllClients();
  await node.stop();
  await rm(folder, { recursive: true });
});

async function doctor(variables: Variables): Promise<string> {
  const process = await HeraldProcess.spawn('herald.js', { DATA_DIR: folder, ...variables }, ['doctor']);
  await process.exit();
  expect(process.output).not.toContain('    at ');
  expect(process.output).not.toContain('s3cret');
  return process.output;
}

async function redisUser(...rules: string[]): Promise<Variables> {
  await admin.call('ACL', 'SETUSER', 'herald', 'reset', 'on', '>s3cret', ...rules);
  const { host, port } = node.redis;
  return { REDIS_HOST: host, REDIS_PORT: String(port), REDIS_USERNAME: 'herald', REDIS_PASSWORD: 's3cret' };
}

/** Creates a role with only these grants. */
async function role(databaseUrl: string, ...grants: string[]): Promise<Variables> {
  const url = new URL(databaseUrl);
  const name = `limited_${url.pathname.slice(-12)}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`CREATE ROLE ${name} LOGIN PASSWORD 's3cret'`);
  for (const grant of grants) await client.query(`GRANT ${grant} TO ${name}`);
  await client.end();
  url.username = name;
  url.password = 's3cret';
  return { DATABASE_URL: url.href };
}

describe('doctor, about the rights of a Redis user', () => {
  it('finds no missing rights with access limited to Herald’s own keys and channels, even without INFO and CLIENT', async () => {
    const output = await doctor(await redisUser('~herald:*', '~{bull}:*', '&herald:*', '+@all', '-info', '-client'));
    expect(output).toMatch(/^ok +Redis rights /m);
    expect(output).toMatch(/^skipped +Redis +INFO is refused/m);
  });

  it.each([
    ['a command', ['~*', '&*', '+@all', '-bzpopmin'], 'bzpopmin'],
    ['scripts', ['~*', '&*', '+@all', '-@scripting'], 'evalsha'],
    ['subscriptions', ['~*', '&*', '+@all', '-subscribe'], 'subscribe'],
    ['the keys of jobs', ['~herald:*', '&*', '+@all'], 'keys'],
    ['channels', ['~*', 'resetchannels', '+@all'], 'channel'],
  ])('names %s if missing', async (_title, rules, named) => {
    const [finding] = await checkRedis(new Environment(await redisUser(...rules)));
    expect(finding).toMatchObject({ verdict: 'broken', subject: 'Redis rights' });
    expect(finding?.text).toMatch(new RegExp(`^The user lacks rights: .*${named}.*REDIS_USERNAME`));
  });

  it('asks every shard of a cluster, for sharded pub/sub', async () => {
    const cluster = await startCluster(3);
    try {
      for (const { url } of cluster.masters) {
        const shard = new Redis(url);
        await shard.call('ACL', 'SETUSER', 'herald', 'reset', 'on', '>s3cret', '~*', '&*', '+@all', '-ssubscribe');
        shard.disconnect();
      }
      const login = { REDIS_USERNAME: 'herald', REDIS_PASSWORD: 's3cret' };
      const findings = await checkRedis(new Environment({ REDIS_CLUSTER_NODES: cluster.nodes, ...login }));
      const refused = findings.filter(({ verdict, text }) => verdict === 'broken' && text.includes("'ssubscribe'"));
      expect(refused).toHaveLength(3);
    } finally {
      await cluster.stop();
    }
  });

  it('knows every command that Herald and its libraries send', async () => {
    await admin.call('CONFIG', 'RESETSTAT');
    const other = await node.another();
    const orgId = await node.organization('alice', ['bob']);
    const alice = await node.api('alice');
    const ticket = String((await alice.post('/realtime/tickets')).body.ticket);
    await (await connect(`${other.wsUrl}/ws/events/${orgId}/?ticket=${ticket}`)).next();
    const bob = await node.join(`/ws/events/${orgId}/`, 'bob');
    await node.publish(orgId, 'the.event');
    await bob.next();
    const { id } = (await alice.post(`/orgs/${orgId}/exports`, { format: 'csv' })).body as { id: string };
    await until(async () => (await alice.get(`/orgs/${orgId}/exports/${id}`)).body.status === 'completed');
    await (await node.api('root', { roles: ['realtime-admin'] })).get('/realtime/connections?user_id=bob');
    await other.stop();
    const stats = await admin.info('commandstats');
    const sent = [...stats.matchAll(/^cmdstat_([a-z]+)/gm)].map(([, name = '']) => name.toUpperCase());
    // Commands of the connections themselves, of this test, and those that may be refused.
    const others = [
      'HELLO',
      'AUTH',
      'SELECT',
      'CLIENT',
      'INFO',
      'CONFIG',
      'ACL',
      'SCRIPT',
      'COMMAND',
      'QUIT',
      'PUBSUB',
    ];
    expect(sent.filter((name) => !NEEDED_COMMANDS.has(name) && !others.includes(name))).toEqual([]);
    expect(sent).toEqual(expect.arrayContaining(['EVALSHA', 'GETDEL', 'SUBSCRIBE', 'ZADD']));
  });
});

describe('doctor, about the rights of a Postgres user', () => {
  it('names missing rights on tables', async () => {
    const url = await postgresDatabase();
    const output = await doctor(await role(url, 'SELECT, INSERT ON ALL TABLES IN SCHEMA public'));
    expect(output).toMatch(/^broken +Postgres rights +The user lacks rights: DELETE on .*organizations.*UPDATE on /m);
  });

  it('names the schema if migrations are pending, and nothing if all rights are granted', async () => {
    const empty = await role(await emptyDatabase());
    expect(await doctor(empty)).toMatch(/^broken +Postgres rights .*CREATE on the schema public, for migrations/m);
    const all = await role(await postgresDatabase(), 'ALL ON ALL TABLES IN SCHEMA public');
    expect(await doctor(all)).toMatch(/^ok +Postgres rights /m);
  });
});
