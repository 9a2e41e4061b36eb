import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { BroadcastService } from '../../src/realtime/index.js';
import { Broker } from '../../src/realtime/broker/broker.js';
import { orgChannel } from '../../src/realtime/broker/channel.js';
import { Deployment } from '../support/deployment.js';
import { NOTHING_AMISS, type RecordingClient } from '../support/recording-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

let deployment: Deployment;

beforeEach(async () => {
  deployment = await Deployment.start();
});
afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
});

/** Saves the data of Redis, as a snapshot that it restores after a crash. */
async function save(): Promise<void> {
  const admin = new Redis(deployment.redis.url);
  await admin.save();
  admin.disconnect();
}

/** Restarts Redis with the data of its last snapshot, and waits for both nodes to reconnect. */
async function rollBack(): Promise<void> {
  await deployment.redis.kill();
  await deployment.redis.start();
  for (const node of deployment.nodes) await until(() => node.isHealthy());
}

/** Publishes without the outbox, as soon as Redis accepts it. */
async function publish(n: number): Promise<void> {
  const broadcast = deployment.nodes[0].app.get(BroadcastService, { strict: false });
  await until(() =>
    broadcast.broadcastOrgEvent(deployment.orgId, 'test.numbered', { n }).then(
      () => true,
      () => false,
    ),
  );
}

const isThere = (client: RecordingClient, n: number): Promise<void> => until(() => client.has(n));

describe('a Redis that restarts with older data', () => {
  it('loses and repeats no event for connected clients', async () => {
    const watches = await deployment.watchAll();
    const load = deployment.load();
    await until(() => load.least > 50);
    await save();
    const saved = load.least;
    await until(() => load.least > saved + 50);
    await rollBack();
    const restarted = load.least;
    await until(() => load.least > restarted + 100);
    await load.stop();
    for (const { orgId, client } of watches) {
      await isThere(client, load.count(orgId) - 1);
      expect(client.account(load.count(orgId))).toEqual(NOTHING_AMISS);
      expect(client.isOpen).toBe(true);
    }
  });

  it('rejects a cursor of a lost event if nothing has taken its place', async () => {
    const client = await deployment.watch(deployment.nodes[0]);
    await save();
    await publish(0);
    await isThere(client, 0);
    await client.leave();
    await rollBack();
    expect(await client.resume(deployment.nodes[1])).toBe(false);
  });

  it('rejects a cursor of a lost event if as many others have taken its place', async () => {
    const client = await deployment.watch(deployment.nodes[0]);
    await save();
    await publish(0);
    await publish(1);
    await isThere(client, 1);
    await client.leave();
    await rollBack();
    for (const n of [2, 3, 4]) await publish(n);
    expect(await client.resume(deployment.nodes[1])).toBe(false);
  });

  it('rejects a cursor whose event is at its place again, but after another one', async () => {
    const [client, other] = [await deployment.watch(deployment.nodes[0]), await deployment.watch(deployment.nodes[1])];
    await publish(0);
    await save();
    await publish(1);
    await deployment.commit(deployment.orgId, 2);
    await Promise.all([isThere(client, 2), isThere(other, 2)]);
    await client.leave();
    await rollBack();
    // The lost row is republished once the other client's node has noticed the loss.
    await publish(3);
    const broker = deployment.nodes[0].app.get(Broker, { strict: false });
    await until(async () => (await broker.history(orgChannel.of(deployment.orgId), 0)).publications.length > 2);
    expect(await client.resume(deployment.nodes[1])).toBe(false);
    await isThere(other, 3);
    expect(other.numbers).toEqual([0, 1, 2, 3]);
  });
});
