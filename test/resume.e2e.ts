import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald, ONE_AND_MANY, twoHeralds } from './support/herald.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, type Frame, type TestClient } from './support/ws-client.js';

let one: Herald;
/** Equals `one` on a single node. */
let two: Herald;
let orgId: string;

async function publish(from: number, to: number, node = one): Promise<void> {
  for (let n = from; n <= to; n += 1) await node.publish(orgId, 'test.numbered', { n });
}

async function open(cursor?: string, node = one, userId = 'owner'): Promise<{ client: TestClient; welcome: Frame }> {
  const client = await node.join(`/ws/events/${orgId}/`, userId, { cursor });
  return { client, welcome: client.received[0] ?? {} };
}

/** Reads the next events, and returns their numbers. */
async function numbers(client: TestClient, count: number): Promise<unknown[]> {
  const frames: Frame[] = [];
  while (frames.length < count) frames.push(await client.next());
  return frames.map(({ data }) => (data as { n: unknown }).n);
}

/** The message’s cursor; if it has none, a value that fails the expectations. */
function cursorOf(frame: Frame | undefined): string {
  return typeof frame?.cursor === 'string' ? frame.cursor : 'none';
}

/** Reads up to a number, disconnects, and returns the cursor of the last event. */
async function leaveAfter(client: TestClient, last: number): Promise<string> {
  let frame: Frame;
  do frame = await client.next();
  while ((frame.data as { n: number }).n !== last);
  await client.close();
  return cursorOf(frame);
}

afterEach(closeAllClients);

describe.each(ONE_AND_MANY)('a client that reconnects, on %s', (_, start) => {
  let owner: ApiClient;

  beforeAll(async () => {
    [one, two] = await start({ HISTORY_SIZE: '5' });
    owner = await one.api('owner');
  });
  beforeEach(async () => {
    orgId = await one.organization('owner');
  });
  afterAll(() => one.stop());

  // @abuse RES-01
  it('receives the messages it missed right after the welcome, in order and once each, then live ones', async () => {
    const { client } = await open();
    await publish(1, 2);
    const cursor = await leaveAfter(client, 2);
    await publish(3, 7);
    const { client: again, welcome } = await open(cursor, two);
    expect(welcome).toMatchObject({ type: 'connection.established', resumed: true });
    await publish(8, 9);
    expect(await numbers(again, 7)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(cursorOf(welcome) > cursor).toBe(true);
  });

  it('misses nothing, even with only the cursor of a welcome', async () => {
    const { client, welcome } = await open();
    await client.close();
    await publish(1, 3);
    const { client: again, welcome: second } = await open(cursorOf(welcome), two);
    expect(second).toMatchObject({ resumed: true });
    expect(await numbers(again, 3)).toEqual([1, 2, 3]);
  });

  it('resumes with nothing to recover if nothing was published', async () => {
    const { client } = await open();
    await publish(1, 1);
    const cursor = await leaveAfter(client, 1);
    const { client: again, welcome } = await open(cursor, two);
    expect(welcome).toMatchObject({ resumed: true, cursor });
    await publish(2, 2);
    expect(await numbers(again, 1)).toEqual([2]);
  });

  // @abuse RES-02
  it('receives no gap and no duplicate between history and live messages', async () => {
    const { client } = await open();
    await publish(1, 1);
    let cursor = await leaveAfter(client, 1);
    let last = 1;
    for (let round = 0; round < 10; round += 1) {
      const flowing = publish(last + 1, last + 4, round % 2 === 0 ? one : two);
      const { client: again, welcome } = await open(cursor, round % 2 === 0 ? two : one);
      await flowing;
      expect(welcome).toMatchObject({ resumed: true });
      expect(await numbers(again, 4)).toEqual([last + 1, last + 2, last + 3, last + 4]);
      cursor = cursorOf(again.received.at(-1));
      last += 4;
      await again.close();
    }
  });

  // @abuse MSG-36, RES-03
  it('learns that it missed more than the history keeps, and receives only live messages', async () => {
    const { client } = await open();
    await publish(1, 1);
    const cursor = await leaveAfter(client, 1);
    await publish(2, 7);
    const { client: again, welcome } = await open(cursor, two);
    expect(welcome).toMatchObject({ resumed: false });
    await publish(8, 8);
    expect(await numbers(again, 1)).toEqual([8]);
  });

  it.each<[string, () => string]>([
    ['empty', () => ''],
    ['malformed', () => 'last-week'],
    ['for another channel', () => notificationsCursor],
    ['made up', () => '1a20e0b2e1cxxxxxxx.000000000001.deadbeef'],
    ['of a message that never existed', () => firstCursor.replace(/\.[0-9a-f]{12}\./, '.0000000fffff.')],
    ['of a message with a different id', () => firstCursor.replace(/[0-9a-f]{8}$/, 'ffffffff')],
  ])('learns that it cannot resume if its cursor is %s', async (__, cursor) => {
    await prepareCursors();
    const { client, welcome } = await open(cursor(), two);
    expect(welcome).toMatchObject({ resumed: false });
    await publish(3, 3);
    expect(await numbers(client, 1)).toEqual([3]);
  });

  it('receives nothing older after rejoining the organization', async () => {
    await owner.post(`/orgs/${orgId}/members`, { user_id: 'bob' });
    const { client } = await open(undefined, one, 'bob');
    await publish(1, 1);
    const cursor = await leaveAfter(client, 1);
    await owner.delete(`/orgs/${orgId}/members/bob`);
    await publish(2, 2);
    await owner.post(`/orgs/${orgId}/members`, { user_id: 'bob' });
    const { client: again, welcome } = await open(cursor, two, 'bob');
    expect(welcome).toMatchObject({ resumed: false });
    await publish(3, 3);
    await until(() => again.received.some(({ data }) => (data as { n?: unknown } | undefined)?.n === 3));
    expect(again.received.map(({ data }) => data)).not.toContainEqual({ n: 2 });
  });

  // @abuse RES-06
  it('receives nothing from before its membership, even with somebody else’s cursor', async () => {
    const { client } = await open();
    await publish(1, 1);
    const cursor = await leaveAfter(client, 1);
    await publish(2, 2);
    await owner.post(`/orgs/${orgId}/members`, { user_id: 'carol' });
    const { welcome } = await open(cursor, two, 'carol');
    expect(welcome).toMatchObject({ resumed: false });
  });
});

let firstCursor: string;
let notificationsCursor: string;

/** Gets cursors of the organization's first message and of the owner's notifications. */
async function prepareCursors(): Promise<void> {
  const { client } = await open();
  await publish(1, 2);
  firstCursor = cursorOf(await client.next());
  await client.close();
  const other = await one.join('/ws/notifications/', 'owner');
  notificationsCursor = cursorOf(other.received[0]);
  await other.close();
}

describe('history', () => {
  afterEach(() => one.stop());

  /** Connects for the first time, reads this many events, and disconnects. */
  async function leaveAfterEvents(count: number): Promise<string> {
    orgId = await one.organization('owner');
    const { client } = await open();
    await publish(1, count);
    return leaveAfter(client, count);
  }

  it('can be turned off, so that only a client that missed nothing can resume', async () => {
    one = await herald({ HISTORY_SIZE: '0' });
    const cursor = await leaveAfterEvents(1);
    expect((await open(cursor)).welcome).toMatchObject({ resumed: true });
    await publish(2, 2);
    expect((await open(cursor)).welcome).toMatchObject({ resumed: false });
  });

  // @abuse RES-03
  it.each(ONE_AND_MANY)('that has expired on %s cannot be resumed from', async (_, start) => {
    [one, two] = await start({ HISTORY_TTL_SECONDS: '1' });
    const cursor = await leaveAfterEvents(1);
    await publish(2, 2);
    await until(async () => {
      const { client: again, welcome } = await open(cursor, two);
      await again.close();
      return welcome.resumed === false;
    });
  });

  // @abuse RES-04
  it('lost with Redis cannot be resumed from', async () => {
    [one, two] = await twoHeralds();
    const cursor = await leaveAfterEvents(2);
    await one.redis.kill();
    await one.redis.start();
    await until(async () => {
      const { client: again, welcome } = await open(cursor, two).catch(() => ({ client: null, welcome: null }));
      await again?.close();
      return welcome?.resumed === false;
    });
  });

  // @abuse SLOW-04, RES-07
  it('is sent only as fast as the client reads', async () => {
    one = await herald({ WS_MAX_BUFFERED_BYTES: '100000' });
    orgId = await one.organization('owner');
    const { client, welcome } = await open();
    await client.close();
    const filling = 'x'.repeat(60_000);
    for (let n = 1; n <= 100; n += 1) await one.publish(orgId, 'test.numbered', { n, filling });
    const { client: again, welcome: second } = await open(cursorOf(welcome));
    expect(second).toMatchObject({ resumed: true });
    expect(await numbers(again, 100)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });
});
