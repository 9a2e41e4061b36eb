import { setTimeout as wait } from 'node:timers/promises';
import { ApiClient } from '../test/support/api-client.js';
import { HeraldProcess } from '../test/support/herald-process.js';
import { startJwks } from '../test/support/keys.js';
import type { Variables } from '../test/support/herald.js';
import { postgresDatabase, type RedisServer, startRedis } from '../test/support/servers.js';

/** A server process with its own Redis and Postgres, and an organization whose events are measured. */
export interface BusyOrganization {
  server: HeraldProcess;
  redis: RedisServer;
  /** Where its members connect. */
  url: string;
  /** A member's token, valid for longer than the run. */
  token: string;
  /** Publishes numbered, timestamped events at a steady rate until aborted; resolves with their count. */
  publish: (rate: { perSecond: number; padding?: number }, signal: AbortSignal) => Promise<number>;
  stop: () => Promise<void>;
}

/** The data of each event that `publish` sends. */
export interface Tick {
  n: number;
  sent_at: number;
}

export const TICK = 'bench.tick';

export async function startBusyOrganization(seconds: number, variables: Variables = {}): Promise<BusyOrganization> {
  const [jwks, redis] = await Promise.all([startJwks(), startRedis({ args: ['--appendonly', 'yes'] })]);
  const server = await HeraldProcess.spawn('../main.js', {
    DATABASE_URL: await postgresDatabase(),
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    KEYCLOAK_JWKS_URL: jwks.url,
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
    WS_MAX_CONNECTIONS_PER_USER: '0',
    LOG_LEVEL: 'error',
    ...variables,
  });
  await server.ready();
  const token = await jwks.sign('owner', { claims: { exp: Math.floor(Date.now() / 1_000) + seconds + 600 } });
  const api = new ApiClient(server.url, token);
  const orgId = String((await api.post('/orgs', { name: 'Busy' })).body.id);
  return {
    server,
    redis,
    url: `${server.wsUrl}/ws/events/${orgId}/`,
    token,
    publish: (rate, signal) => publish(api, orgId, rate, signal),
    stop: async () => {
      await server.end('SIGTERM');
      await Promise.all([jwks.stop(), redis.stop()]);
    },
  };
}

async function publish(
  api: ApiClient,
  orgId: string,
  { perSecond, padding = 0 }: { perSecond: number; padding?: number },
  signal: AbortSignal,
): Promise<number> {
  const filler = 'x'.repeat(padding);
  const start = performance.now();
  for (let n = 0; ; n += 1) {
    if (signal.aborted) return n;
    const data = { n, sent_at: performance.now(), filler };
    const { status } = await api.post(`/orgs/${orgId}/events`, { event_type: TICK, data });
    if (status !== 202) throw new Error(`Publishing was answered with ${status}`);
    await wait(Math.max(0, start + ((n + 1) * 1_000) / perSecond - performance.now()));
  }
}
