import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { HeraldProcess } from '../support/herald-process.js';
import { createKey, type Jwks, startJwks } from '../support/keys.js';
import { RawClient } from '../support/raw-client.js';
import { postgresDatabase, type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect, upgrade } from '../support/ws-client.js';

const REDIS_PASSWORD = `canary-${randomUUID()}`;
const DATABASE_PASSWORD = `canary-${randomUUID()}`;

let jwks: Jwks;
let redis: RedisServer;
let herald: HeraldProcess;
let databaseUrl: string;
let watcher: Redis;
let monitor: Redis;
/** All commands sent to Redis, except AUTH, which MONITOR omits. */
let redisTraffic = '';
/** Texts that must not appear anywhere. */
const secrets = new Set<string>([REDIS_PASSWORD, DATABASE_PASSWORD]);
/** Everything that Herald sent to clients. */
const answers: string[] = [];

beforeAll(async () => {
  [jwks, redis] = await Promise.all([startJwks(), startRedis({ args: ['--requirepass', REDIS_PASSWORD] })]);
  databaseUrl = await postgresDatabase();
  const withPassword = new URL(databaseUrl);
  withPassword.password = DATABASE_PASSWORD;
  watcher = new Redis({ host: redis.host, port: redis.port, password: REDIS_PASSWORD });
  monitor = await watcher.monitor();
  monitor.on('monitor', (_time: string, args: string[]) => (redisTraffic += `${args.join(' ')}\n`));
  herald = await HeraldProcess.spawn('main.js', {
    DATABASE_URL: withPassword.href,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    REDIS_PASSWORD,
    KEYCLOAK_JWKS_URL: jwks.url,
    LOG_LEVEL: 'trace',
    LOG_FORMAT: 'json',
  });
  await herald.ready();
});
afterEach(closeAllClients);
afterAll(async () => {
  monitor.disconnect();
  watcher.disconnect();
  await herald.end('SIGTERM');
  await Promise.all([jwks.stop(), redis.stop()]);
});

/** A token whose pieces are added to the secrets. */
async function canary(userId: string, options: Parameters<Jwks['sign']>[1] = {}): Promise<string> {
  const token = await jwks.sign(userId, { ...options, claims: { ...options.claims, canary: randomUUID() } });
  const [header = '', payload = '', signature = ''] = token.split('.');
  for (const piece of [header.slice(0, 20), payload.slice(-40), signature.slice(0, 40)]) secrets.add(piece);
  secrets.add(Buffer.from(token).toString('base64url').slice(40, 120));
  return token;
}

async function call(path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`${herald.url}${path}`, init);
  const text = await response.text();
  answers.push(`${JSON.stringify([...response.headers])} ${text}`);
  return text;
}

/** Connects, records what it receives, and waits for the close if it is to be refused. */
async function visit(path: string, options: Parameters<typeof connect>[1] = {}, isRefused = true): Promise<void> {
  const client = await connect(`${herald.wsUrl}${path}`, options);
  const end = isRefused ? await client.closed() : await client.next();
  answers.push(JSON.stringify([client.received, end]));
  if (!isRefused) await client.close();
}

function bearer(token: string): RequestInit {
  return { headers: { Authorization: `Bearer ${token}` } };
}

function found(where: string): string[] {
  return [...secrets].filter((secret) => where.includes(secret));
}

describe('a client’s secrets', () => {
  // @abuse OPS-09, OPS-11
  it('never appear in logs, metrics, answers, Redis commands or tables, however sent and whatever failed', async () => {
    const stranger = await createKey('key-1');
    const sub = (token: string): string => `access_token.${Buffer.from(token).toString('base64url')}`;

    // Accepted, by every route.
    const token = await canary('alice');
    await visit('/ws/notifications/', { protocols: ['herald.v1', sub(token)] }, false);
    await visit('/ws/notifications/', { token }, false);
    await visit(`/ws/notifications/?token=${token}`, {}, false);
    await visit(`/ws/notifications/?token=${token.replaceAll('.', '%2e')}`, {}, false);
    const bought = await fetch(`${herald.url}/api/v1/realtime/tickets`, { method: 'POST', ...bearer(token) });
    const { ticket } = (await bought.json()) as { ticket: string };
    secrets.add(ticket);
    await visit(`/ws/notifications/?ticket=${ticket}`, {}, false);
    await visit(`/ws/notifications/?ticket=${ticket}`);
    const renewed = await connect(`${herald.wsUrl}/ws/notifications/`, { token });
    await renewed.next();
    renewed.send({ type: 'auth', token: await canary('alice') });
    answers.push(JSON.stringify(await renewed.next()));
    renewed.send({ type: await canary('alice') });
    answers.push(JSON.stringify(await renewed.next()));
    renewed.sendRaw(await canary('alice'));
    answers.push(JSON.stringify(await renewed.next()));

    // Refused, for every reason.
    const bad = [
      await canary('alice', { key: stranger.privateKey }),
      await canary('alice', { claims: { exp: 1 } }),
      await canary('alice', { claims: { sub: undefined } }),
      await canary('alice', { header: { kid: randomUUID() } }),
      `${await canary('alice')}x`,
    ];
    for (const each of bad) {
      await visit(`/ws/notifications/?token=${each}`);
      await visit('/ws/notifications/', { token: each });
      await visit('/ws/notifications/', { protocols: ['herald.v1', sub(each)] });
      await call('/api/v1/orgs', bearer(each));
    }
    await visit(`/ws/notifications/?token=${await canary('alice')}&token=${await canary('alice')}`);
    await visit(`/ws/events/${randomUUID()}/?token=${await canary('alice')}`);
    answers.push(JSON.stringify(await upgrade(`${herald.wsUrl}/ws/notifications/${await canary('alice')}/`)));
    answers.push(
      JSON.stringify(
        await upgrade(`${herald.wsUrl}/ws/notifications/?token=${await canary('alice')}`, {
          headers: { Origin: 'https://evil.example' },
        }),
      ),
    );

    // In the wrong places.
    const misplaced = await canary('alice');
    await call(`/api/v1/orgs/${misplaced}?access_token=${misplaced}`, bearer(token));
    await call(`/api/v1/orgs?limit=${misplaced}`, bearer(token));
    await call(`/${misplaced}`);
    await call('/api/v1/orgs', { headers: { Cookie: `access_token=${misplaced}` } });
    await call('/api/v1/orgs', {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        Referer: `http://x/?${misplaced}`,
      },
      body: `{"name": ${misplaced}`,
    });
    const raw = await RawClient.open(Number(new URL(herald.url).port));
    raw.send(`GET /ws/notifications/?token=${misplaced} HTTP/1.1\r\nAuthorization: ${misplaced}\r\nbroken\r\n\r\n`);
    await raw.ended();
    answers.push(raw.bytes.toString('latin1'));

    // While a dependency is down.
    jwks.behaviour = 'fail';
    await visit(`/ws/notifications/?token=${await canary('alice', { header: { kid: randomUUID() } })}`);
    jwks.behaviour = 'serve';
    monitor.disconnect();
    watcher.disconnect();
    await redis.stop();
    await until(async () => (await (await fetch(`${herald.url}/health/ready`)).text()).includes('degraded'));
    await call('/api/v1/realtime/tickets', { method: 'POST', ...bearer(await canary('alice')) });
    await visit(`/ws/notifications/?token=${await canary('alice')}`);

    const metrics = await (await fetch(`${herald.url}/metrics`)).text();
    await herald.end('SIGTERM');
    expect(herald.output.length).toBeGreaterThan(1_000);
    expect(redisTraffic.length).toBeGreaterThan(1_000);
    expect(found(herald.output)).toEqual([]);
    expect(found(metrics)).toEqual([]);
    expect(answers.filter((answer) => found(answer).length > 0)).toEqual([]);
    expect(found(redisTraffic)).toEqual([]);
    expect(found(await everythingInPostgres())).toEqual([]);
    expect(answers.join('\n')).not.toMatch(/\n\s+at .*\.(js|ts):\d+/);
  }, 60_000);
});

async function everythingInPostgres(): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
    );
    let text = '';
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      text += rows.map(({ row }) => row).join('\n');
    }
    expect(text).toContain('alice');
    return text;
  } finally {
    await client.end();
  }
}
