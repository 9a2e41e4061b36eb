import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { userChannel } from '../broker/channel.js';
import { MemoryBroker } from '../broker/memory-broker.js';
import { CLOSE } from '../connection/close-code.js';
import { missedMessages, type Resumer } from './missed-messages.js';

const HISTORY_SIZE = 8;
const PAGE_BYTES = 3_000;
const FILLING = 'x'.repeat(900);
const channel = userChannel.of('alice');
const resumer: Resumer = {
  admission: { channel, endpoint: 'notifications', welcome: {} },
  memberSince: null,
};

let broker: MemoryBroker;

beforeEach(() => {
  broker = new MemoryBroker({ size: HISTORY_SIZE, ttlSeconds: 60 });
});

async function publish(name: string) {
  const body = JSON.stringify({ name, filling: FILLING });
  const message = { id: randomUUID(), channel, body, idempotencyKey: null, except: null };
  await broker.publish({ ...message, formerPosition: null });
}

async function missed(): Promise<AsyncGenerator<Buffer>> {
  const { position, publications } = await broker.history(channel, 0, PAGE_BYTES);
  return missedMessages(resumer, publications, position, { broker, historySize: HISTORY_SIZE, pageBytes: PAGE_BYTES });
}

const nameOf = (payload: Buffer | undefined): unknown =>
  payload === undefined ? null : (JSON.parse(payload.toString()) as { name: unknown }).name;

async function namesOf(frames: AsyncIterable<Buffer>): Promise<unknown[]> {
  const names: unknown[] = [];
  for await (const payload of frames) names.push(nameOf(payload));
  return names;
}

describe('missedMessages', () => {
  it('are all missed messages over several pages, each once and in order, and no later ones', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await publish(name);
    const frames = await missed();
    await publish('later');
    expect(await namesOf(frames)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('end with 1013 when history has dropped the next one', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await publish(name);
    const frames = await missed();
    expect(nameOf((await frames.next()).value as Buffer)).toBe('a');
    for (let n = 0; n < 2 * HISTORY_SIZE; n += 1) await publish('later');
    await expect(namesOf(frames)).rejects.toMatchObject({ close: CLOSE.streamLost });
  });
});
