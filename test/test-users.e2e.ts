import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { AppModule } from '../src/app.module.js';
import { TokenVerifier } from '../src/auth/token-verifier.js';
import { Environment } from '../src/config/environment.js';
import { configureHttp } from '../src/http/configure-http.js';
import { BroadcastService, RealtimeAdapter } from '../src/realtime/index.js';
import { closeAllClients, connectAs, testUsers } from '../src/realtime/testing.js';

let dataDir: string;
let app: NestExpressApplication;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'herald-test-users-'));
  const environment = new Environment({ DATA_DIR: dataDir, NODE_ENV: 'test', LOG_LEVEL: 'silent', RUN_JOBS: 'false' });
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(environment)] })
    .overrideProvider(TokenVerifier)
    .useValue({ ...testUsers, needsNewKeys: () => false, isReady: () => true })
    .compile();
  app = module.createNestApplication<NestExpressApplication>();
  configureHttp(app, environment);
  app.useLogger(false);
  app.useWebSocketAdapter(new RealtimeAdapter(app));
  await app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await closeAllClients();
  await app.close();
  await rm(dataDir, { recursive: true });
});

it('Herald takes a user’s id as the token, over HTTP and for connections, where a test replaces its verifier', async () => {
  const client = await connectAs(app, '/ws/notifications/', 'test-user-123');
  expect(client.welcome).toMatchObject({ user_id: 'test-user-123' });
  await app.get(BroadcastService, { strict: false }).broadcastNotification('test-user-123', { title: 'Hello' });
  expect(await client.next()).toMatchObject({ type: 'notification', notification: { title: 'Hello' } });
  const url = `${await app.getUrl()}/api/v1/orgs`;
  const answer = await fetch(url, { headers: { authorization: 'Bearer test-user-123' } });
  expect([answer.status, await answer.json()]).toEqual([200, { items: [], next_cursor: null }]);
});
