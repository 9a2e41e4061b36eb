import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { WebSocketGateway } from '@nestjs/websockets';
import { Registry } from 'prom-client';
import {
  type Admission,
  type Handshake,
  RealtimeAdapter,
  type RealtimeGateway,
  RealtimeModule,
  userChannel,
  WsJwtGuard,
} from '../../src/realtime/index.js';
import { testUsers } from '../../src/realtime/testing.js';
import { REALTIME_ENTITIES, REALTIME_MIGRATIONS } from '../../src/realtime/typeorm.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllStreams, EventStream } from '../support/event-stream.js';
import { type Herald, herald } from '../support/herald.js';
import { leavesNothing, sample } from '../support/metrics.js';
import { RawClient } from '../support/raw-client.js';
import { postgresDatabase } from '../support/servers.js';
import { closeAllClients } from '../support/ws-client.js';

@UseGuards(WsJwtGuard)
@WebSocketGateway({ path: '/ws/notifications' })
class OwnGateway implements RealtimeGateway {
  admit({ principal }: Handshake): Admission {
    return { channel: userChannel.of(principal.userId) };
  }
}

let node: Herald;
let token: string;
let orgId: string;
const target = '/sse/notifications/';

beforeAll(async () => {
  node = await herald({
    // Fewer than the rounds of a test: places that leak run out.
    WS_MAX_CONNECTIONS: '10',
    WS_HEARTBEAT_INTERVAL_MS: '300',
    SHUTDOWN_GRACE_MS: '1000',
    RUN_JOBS: 'false',
  });
  token = await node.tokenFor('alice');
  orgId = await node.organization('alice');
});
afterEach(async () => {
  closeAllStreams();
  await closeAllClients();
});
afterAll(() => node.stop());

describe('a client of a stream that resets its connection', () => {
  // Inflating it takes the server a moment, in which the reset comes.
  const body = gzipSync(`{}${' '.repeat(200_000)}`);
  const head = (method: string): string =>
    [
      `${method} ${target}?token=${token} HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      'Content-Encoding: gzip',
      `Content-Length: ${body.length}`,
    ].join('\r\n');

  it.each(['GET', 'OPTIONS'])('while the body of its %s is being read leaves nothing behind', async (method) => {
    for (let round = 0; round < 20; round += 1) {
      const client = await RawClient.open(Number(new URL(node.url).port));
      const arrived = once(node.app.getHttpServer(), 'request');
      client.send(Buffer.concat([Buffer.from(`${head(method)}\r\n\r\n`), body]));
      await arrived;
      client.reset();
    }
    await leavesNothing(node);
    await EventStream.open(`${node.url}${target}`, { token });
  });

  it('right after its welcome leaves nothing behind', async () => {
    for (let round = 0; round < 20; round += 1) {
      const client = await RawClient.open(Number(new URL(node.url).port));
      client.send(`GET ${target}?token=${token} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await client.until('connection.established');
      client.reset();
    }
    await leavesNothing(node);
  });
});

it('A heartbeat during an admission does not spoil the answer', async () => {
  const other = await node.join('/ws/notifications/', 'bob');
  await node.redis.pause();
  let opening: Promise<EventStream>;
  try {
    opening = EventStream.open(`${node.url}/sse/events/${orgId}/`, { token });
    await until(async () => (await sample(node, 'herald_admissions')) === 1);
    await other.pinged(other.pings + 1);
  } finally {
    await node.redis.resume();
  }
  const stream = await opening;
  expect(stream.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect((await stream.next()).data).toMatchObject({ type: 'connection.established' });
});

describe('an application that passes on pipelined requests', () => {
  let app: NestExpressApplication;
  const metrics = new Registry();

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: await postgresDatabase(),
          entities: REALTIME_ENTITIES,
          migrations: REALTIME_MIGRATIONS,
          migrationsRun: true,
          migrationsTransactionMode: 'each',
        }),
        RealtimeModule.forRoot({ tokenVerifier: testUsers, metrics }),
      ],
      providers: [OwnGateway],
    }).compile();
    app = module.createNestApplication<NestExpressApplication>();
    app.useLogger(false);
    app.useWebSocketAdapter(new RealtimeAdapter(app));
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  it('keeps no places of a connection that ends before their turn', async () => {
    const { port } = new URL(await app.getUrl());
    const client = await RawClient.open(Number(port));
    const request = (search: string): string => `GET ${target}${search} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    client.send(request('') + request('?token=test-user-123').repeat(50));
    await client.ended();
    const value = async (name: string) => (await metrics.getSingleMetric(name)?.get())?.values[0]?.value;
    await until(async () => (await value('herald_admissions')) === 0);
    expect(await value('herald_subscriptions')).toBe(0);
  });
});
