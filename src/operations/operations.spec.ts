import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { HttpAuthentication } from '../auth/http-authentication.js';
import { HttpJwtGuard } from '../auth/http-jwt.guard.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { ConfigModule } from '../config/config.module.js';
import { Environment } from '../config/environment.js';
import { Lifecycle } from '../realtime/support/lifecycle.js';
import { configureHttp } from '../http/configure-http.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { Broker, GatewayRegistry } from '../realtime/index.js';
import { setupDocs } from './openapi.js';
import { OperationsModule } from './operations.module.js';
import { ProcessLogger } from './process-logger.js';

/** The process's dependencies, up or down as each test sets them. */
const world = {
  query: (): Promise<unknown> => Promise.resolve([]),
  isRedisConnected: true,
  hasKeys: true,
};

@Global()
@Module({
  providers: [
    { provide: DataSource, useValue: { options: { type: 'postgres' }, query: () => world.query() } },
    { provide: GatewayRegistry, useValue: { list: () => [] } },
    { provide: Broker, useValue: { isConnected: () => world.isRedisConnected } },
    { provide: TokenVerifier, useValue: { isReady: () => world.hasKeys } },
    Lifecycle,
  ],
  exports: [DataSource, Broker, GatewayRegistry, TokenVerifier, Lifecycle],
})
class WorldModule {}

let app: NestExpressApplication;

async function start(variables: Record<string, string>): Promise<void> {
  const environment = new Environment({ NODE_ENV: 'test', LOG_LEVEL: 'silent', ...variables });
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(environment), MetricsModule, WorldModule, OperationsModule],
    providers: [HttpAuthentication, { provide: APP_GUARD, useClass: HttpJwtGuard }],
  }).compile();
  app = module.createNestApplication<NestExpressApplication>();
  app.useLogger(new ProcessLogger(environment));
  configureHttp(app, environment);
  setupDocs(app);
  await app.listen(0, '127.0.0.1');
}

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(new URL(path, await app.getUrl()));
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, body: isJson ? await response.json() : await response.text() };
}

beforeEach(() => {
  Object.assign(world, { query: () => Promise.resolve([]), isRedisConnected: true, hasKeys: true });
});

describe('the health endpoints, with Redis configured', () => {
  beforeAll(() => start({ REDIS_HOST: 'redis.example' }));
  afterAll(() => app.close());

  it('are ready while every dependency is up', async () => {
    expect(await get('/health/ready')).toEqual({
      status: 200,
      body: { status: 'ok', dependencies: { database: 'up', keys: 'up', redis: 'up' } },
    });
  });

  it('are ready, but degraded, while Redis is down', async () => {
    world.isRedisConnected = false;

    expect(await get('/health/ready')).toEqual({
      status: 200,
      body: { status: 'degraded', dependencies: { database: 'up', keys: 'up', redis: 'down' } },
    });
  });

  it('are not ready while the database is down', async () => {
    world.query = () => Promise.reject(new Error('ECONNREFUSED'));

    expect(await get('/health/ready')).toEqual({
      status: 503,
      body: { status: 'error', dependencies: { database: 'down', keys: 'up', redis: 'up' } },
    });
  });

  it('are not ready until keys have been fetched', async () => {
    world.hasKeys = false;

    expect(await get('/health/ready')).toMatchObject({ status: 503, body: { dependencies: { keys: 'down' } } });
  });

  it('answer in time for health checks when the database hangs', async () => {
    world.query = () => new Promise(() => undefined);

    const before = performance.now();
    expect(await get('/health/ready')).toMatchObject({ status: 503, body: { dependencies: { database: 'down' } } });
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('are live even if everything is down', async () => {
    Object.assign(world, { query: () => Promise.reject(new Error('down')), isRedisConnected: false, hasKeys: false });

    expect(await get('/health/live')).toEqual({ status: 200, body: { status: 'ok' } });
  });
});

describe('the operations endpoints, on embedded defaults', () => {
  beforeAll(() => start({}));
  afterAll(() => app.close());

  it('omit a Redis that is not configured', async () => {
    expect(await get('/health/ready')).toEqual({
      status: 200,
      body: { status: 'ok', dependencies: { database: 'up', keys: 'up' } },
    });
  });

  it('serve the documents without a token', async () => {
    expect(await get('/docs/openapi.json')).toMatchObject({
      status: 200,
      body: {
        components: { securitySchemes: { bearer: { scheme: 'bearer' } }, schemas: { Problem: {} } },
        paths: { '/health/ready': { get: { security: [], responses: { 200: {}, 503: {} } } } },
      },
    });
    expect(await get('/docs/asyncapi.json')).toMatchObject({ status: 200, body: { asyncapi: '3.0.0' } });
    expect(await get('/docs')).toMatchObject({ status: 200, body: expect.stringContaining('swagger-ui') });
    expect(await get('/docs/swagger-ui-bundle.js')).toMatchObject({ status: 200 });
  });

  it('are not ready, at once, when the process drains', async () => {
    app.get(Lifecycle).beginDraining();

    expect(await get('/health/ready')).toEqual({ status: 503, body: { status: 'draining', dependencies: {} } });
    expect(await get('/health/live')).toMatchObject({ status: 200 });
  });
});
