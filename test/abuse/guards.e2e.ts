import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type CanActivate, Injectable, Module, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { WebSocketGateway } from '@nestjs/websockets';
import { AppModule } from '../../src/app.module.js';
import { Environment } from '../../src/config/environment.js';
import {
  type Admission,
  RealtimeAdapter,
  type RealtimeGateway,
  WsJwtGuard,
  userChannel,
} from '../../src/realtime/index.js';
import { ApiClient } from '../support/api-client.js';
import { sample } from '../support/metrics.js';
import { closeAllClients, connect } from '../support/ws-client.js';

@Injectable()
class Never implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Open implements RealtimeGateway {
  admit(): Admission {
    return { channel: userChannel.of('everyone'), welcome: { message: 'Let in' } };
  }
}

@UseGuards(Never)
@WebSocketGateway({ path: '/ws/never' })
class NeverGateway extends Open {}

@WebSocketGateway({ path: '/ws/unguarded' })
class UnguardedGateway extends Open {}

@UseGuards(WsJwtGuard)
@WebSocketGateway({ path: '/ws/guarded' })
class GuardedGateway extends Open {}

@Module({ providers: [NeverGateway, UnguardedGateway, GuardedGateway] })
class Gateways {}

@Module({ providers: [{ provide: APP_GUARD, useClass: Never }] })
class NobodyComesIn {}

@Module({})
class Application {}

let dataDir: string;
let app: NestExpressApplication;
let url: string;

async function start(...modules: Type[]): Promise<void> {
  dataDir = await mkdtemp(join(tmpdir(), 'herald-guards-'));
  const environment = new Environment({ NODE_ENV: 'test', DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
  const root = { module: Application, imports: [AppModule.forRoot(environment), ...modules] };
  app = await NestFactory.create<NestExpressApplication>(root, { logger: false });
  app.useWebSocketAdapter(new RealtimeAdapter(app));
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
}

async function stop(): Promise<void> {
  await app.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function closeOf(path: string, token?: string): Promise<unknown> {
  const client = await connect(url.replace('http', 'ws') + path, token === undefined ? {} : { token });
  const close = await client.closed();
  expect(client.received).toEqual([]);
  return close;
}

afterEach(closeAllClients);

describe('a custom gateway', () => {
  beforeAll(() => start(Gateways));
  afterAll(stop);

  // @abuse UPG-29
  it('closes a connection that its guard refuses', async () => {
    expect(await closeOf('/ws/never')).toEqual({ code: 4003, reason: 'forbidden' });
    expect(await sample({ url }, 'herald_closes_total{code="4003",reason="forbidden"}')).toBe(1);
  });

  // @abuse UPG-29
  it('admits nobody if no guard has authenticated the connection', async () => {
    expect(await closeOf('/ws/unguarded')).toEqual({ code: 1013, reason: 'unavailable' });
  });

  // @abuse UPG-29
  it('admits a connection that its guards accept', async () => {
    expect(await closeOf('/ws/guarded')).toEqual({ code: 4001, reason: 'token_missing' });
    const { body } = await new ApiClient(url, null, '').post('/dev/token', { user_id: 'alice' });
    const client = await connect(`${url.replace('http', 'ws')}/ws/guarded`, { token: body.access_token });
    expect(await client.next()).toMatchObject({ type: 'connection.established', message: 'Let in' });
  });
});

describe('a global guard', () => {
  beforeAll(() => start(Gateways, NobodyComesIn));
  afterAll(stop);

  // @abuse UPG-29
  it('applies to every gateway', async () => {
    for (const path of ['/ws/guarded', '/ws/unguarded', '/ws/notifications/']) {
      expect(await closeOf(path)).toEqual({ code: 4003, reason: 'forbidden' });
    }
  });
});
