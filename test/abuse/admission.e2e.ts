import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type CanActivate, Injectable, Module, UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import pg from 'pg';
import {
  type Admission,
  type Handshake,
  type RealtimeGateway,
  userChannel,
  WsJwtGuard,
} from '../../src/realtime/index.js';
import { MAX_ADMISSIONS } from '../../src/realtime/upgrade/places.js';
import { type Herald, herald } from '../support/herald.js';
import { inTurns } from '../support/in-turns.js';
import { createKey, type Jwks, startJwks } from '../support/keys.js';
import { leavesNothing, refused, sample } from '../support/metrics.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect, upgrade } from '../support/ws-client.js';

/** What admissions to `/ws/held/` wait for. */
let held: Promise<boolean>;

@Injectable()
class HeldGuard implements CanActivate {
  canActivate(): Promise<boolean> {
    return held;
  }
}

@UseGuards(WsJwtGuard, HeldGuard)
@WebSocketGateway({ path: '/ws/held' })
class HeldGateway implements RealtimeGateway {
  admit({ principal }: Handshake): Admission {
    return { channel: userChannel.of(principal.userId) };
  }
}

@Module({ providers: [HeldGuard, HeldGateway] })
class HeldModule {}

let jwks: Jwks;
let database: pg.Client;
let node: Herald;
let port: number;
let token: string;
let events: string;

beforeAll(async () => {
  jwks = await startJwks();
  node = await herald(
    { KEYCLOAK_JWKS_URL: jwks.url, RUN_JOBS: 'false', WS_MAX_CONNECTIONS_PER_USER: '0' },
    // Admissions wait until the test releases them.
    { timings: { admissionMs: 60_000 }, features: [HeldModule] },
  );
  port = Number(new URL(node.url).port);
  token = await jwks.sign('alice');
  const api = await node.api('alice', { token });
  events = `/ws/events/${(await api.post('/orgs', { name: 'Acme' })).body.id}/`;
  database = new pg.Client({ connectionString: node.variables.DATABASE_URL });
  await database.connect();
});
afterEach(closeAllClients);
afterAll(async () => {
  await database.end();
  await node.stop();
  await jwks.stop();
});

/** Runs this while the memberships are locked, so that admissions to organizations wait. */
async function whileMembershipsWait(run: () => Promise<void>): Promise<void> {
  await database.query('begin; lock table memberships in access exclusive mode');
  try {
    await run();
  } finally {
    await database.query('rollback');
  }
}

function isAdmitting(count: number): Promise<void> {
  return until(async () => (await sample(node, 'herald_admissions')) === count);
}

async function start(target = `${events}?token=${token}`): Promise<RawClient> {
  const client = await RawClient.open(port);
  client.sendUpgrade({ target });
  return client;
}

describe('a peer that resets its connection', () => {
  it.each<[string, () => Promise<void>]>([
    [
      'in the middle of the head',
      async () => {
        const client = await RawClient.open(port);
        client.send(`GET ${events} HTTP/1.1\r\nHost: localhost\r\nUpgr`);
        client.reset();
      },
    ],
    ['right after the head', async () => (await start()).reset()],
    [
      'after the handshake',
      async () => {
        const client = await start();
        await client.answer();
        client.reset();
      },
    ],
    [
      'while its membership is looked up',
      () =>
        whileMembershipsWait(async () => {
          const client = await start();
          await isAdmitting(1);
          client.reset();
        }),
    ],
    [
      'while its channel is being subscribed',
      async () => {
        await node.redis.pause();
        try {
          const client = await start();
          // It is refused if this takes longer than a command may.
          await until(async () => client.hasEnded || (await sample(node, 'herald_admissions')) === 1);
          client.reset();
        } finally {
          await node.redis.resume();
          // On a slow machine the pause can be long enough for Herald to replace its Redis links.
          await until(() => node.isHealthy());
        }
      },
    ],
    [
      'after the welcome',
      async () => {
        const client = await start();
        await client.until('connection.established');
        client.reset();
      },
    ],
    [
      'while it is being refused over HTTP',
      async () => {
        const client = await start('/ws/unknown/');
        client.reset();
      },
    ],
    [
      'while it is being closed',
      async () => {
        const client = await start('/ws/notifications/');
        await client.answer();
        client.reset();
      },
    ],
    // @abuse UPG-22
  ])('%s leaves nothing behind', async (_, attempt) => {
    for (let round = 0; round < 5; round += 1) {
      await attempt();
      // What is left of one round would be counted in the next, or would spare it the wait that it is about.
      await leavesNothing(node);
    }
    const client = await connect(`${node.wsUrl}${events}`, { token });
    expect(await client.next()).toMatchObject({ type: 'connection.established' });
  });

  // @abuse UPG-22
  it('leaves nothing behind while its token waits for a key', async () => {
    const { privateKey } = await createKey('new');
    const unknown = await jwks.sign('alice', { header: { kid: 'new' }, key: privateKey });
    const { fetches } = jwks;
    jwks.behaviour = 'hang';
    try {
      const clients = await Promise.all(Array.from({ length: 5 }, () => start(`${events}?token=${unknown}`)));
      await until(() => jwks.fetches > fetches);
      await isAdmitting(5);
      for (const client of clients) client.reset();
    } finally {
      jwks.behaviour = 'serve';
    }
    await leavesNothing(node);
  });
});

describe('a client that is not admitted yet', () => {
  // @abuse UPG-27, UPG-28
  it('is not read from: 5 MB of its frames stay with the peer', async () => {
    const other = await connect(`${node.wsUrl}/ws/notifications/`, { token });
    await other.next();
    await whileMembershipsWait(async () => {
      const accepted = once(node.app.getHttpServer(), 'connection') as Promise<[Socket]>;
      const client = await start();
      const [socket] = await accepted;
      await client.answer();
      for (let frame = 0; frame < 320; frame += 1) client.sendFrame(1, 'x'.repeat(16_000));
      // If the server read, each turn of the event loop would take another 64 KiB.
      for (let turn = 0; turn < 40; turn += 1) await other.ping();
      expect(socket.bytesRead).toBeLessThan(256 * 1_024);
      expect(client.bytes.toString('latin1')).not.toContain('invalid_json');
      client.destroy();
    });
    await other.close();
    await leavesNothing(node);
  });
});

describe('too many admissions at once', () => {
  it('are refused with 503 before the handshake; open connections live on, and later clients are admitted', async () => {
    const other = await connect(`${node.wsUrl}/ws/notifications/`, { token });
    await other.next();
    let release = (): void => undefined;
    held = new Promise((resolve) => (release = () => resolve(true)));
    const target = `/ws/held/?token=${token}`;
    // A node is overloaded, too, while many begin at once.
    const begun = async (): Promise<RawClient> => {
      let client = await start(target);
      while ((await client.answer()).status !== 101) {
        client.destroy();
        client = await start(target);
      }
      return client;
    };
    const clients = await inTurns(MAX_ADMISSIONS, 16, begun);
    const knock = () => upgrade(`${node.wsUrl}${target}`);
    await until(async () => {
      await knock();
      return (await refused(node, 'too_many_admissions')) > 0;
    });
    const { status, headers } = await knock();
    expect([status, headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    await other.ping();
    release();
    await isAdmitting(0);
    const late = await connect(`${node.wsUrl}${events}`, { token });
    expect(await late.next()).toMatchObject({ type: 'connection.established' });
    for (const client of clients) client.destroy();
    await closeAllClients();
    await leavesNothing(node);
  });
});
