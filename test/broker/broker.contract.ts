import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { orgChannel, userChannel } from '../../src/realtime/broker/channel.js';
import { comparePositions, formatCursor } from '../../src/realtime/broker/cursor.js';
import { Topic } from '../../src/realtime/broker/topic.js';
import { until } from '../../src/realtime/testing/until.js';
import { type BrokerProcess, message, texts } from './broker-process.js';

/** An adapter and the servers it needs. */
export interface StartedAdapter {
  /** Starts a process with its own broker. */
  process: () => Promise<BrokerProcess>;
  stop: () => Promise<void>;
}

/** Tests that an adapter keeps the promises of `Broker`. */
export function brokerContract(name: string, startAdapter: () => Promise<StartedAdapter>): void {
  describe(`a ${name}`, () => {
    let adapter: StartedAdapter;
    let process: BrokerProcess;

    beforeAll(async () => void (adapter = await startAdapter()));
    afterAll(() => adapter.stop());
    beforeEach(async () => void (process = await adapter.process()));
    afterEach(() => process.stop());

    it('delivers a publication to a subscribed process, with its cursor in the payload', async () => {
      const channel = userChannel.of(randomUUID());
      await process.broker.subscribe(channel);
      const sent = message(channel, 'žluť 🐎');
      const { position } = await process.broker.publish(sent);
      await until(() => process.received.length === 1);
      const [publication] = process.received;
      expect(publication).toMatchObject({ id: sent.id, channel: channel.name, position });
      const cursor = formatCursor(publication?.position ?? { epoch: '', offset: 0, tag: '' });
      expect(JSON.parse(publication?.payload.toString() ?? '')).toEqual({ text: 'žluť 🐎', cursor });
    });

    it('keeps the order of a channel, with consecutive positions', async () => {
      const channel = orgChannel.of(randomUUID());
      await process.broker.subscribe(channel);
      const before = await process.broker.position(channel);
      const all = Array.from({ length: 200 }, (_, index) => String(index));
      const published = await Promise.all(all.map((text) => process.broker.publish(message(channel, text))));
      const positions = published.map(({ position }) => position);
      await until(() => process.received.length === all.length);
      expect(texts(process.received)).toEqual(all);
      expect(process.received.map(({ position }) => position.offset)).toEqual(all.map((_, index) => index + 1));
      expect(process.received.map(({ position }) => position)).toEqual(positions);
      expect(new Set(positions.map(({ epoch }) => epoch))).toEqual(new Set([before.epoch]));
    });

    it('returns the position of the newest message, even before there is one', async () => {
      const channel = userChannel.of(randomUUID());
      const first = await process.broker.position(channel);
      expect(first.offset).toBe(0);
      const { position } = await process.broker.publish(message(channel, 'a'));
      expect(await process.broker.position(channel)).toEqual(position);
      expect(comparePositions(first, await process.broker.position(channel))).toBeLessThan(0);
    });

    it('delivers a signal only to processes that are subscribed to its topic, and does not store it', async () => {
      const channel = orgChannel.of(randomUUID());
      const topic = Topic.presenceOf(channel);
      await process.broker.signal(topic, '{"n":1}');
      await process.broker.subscribe(topic);
      await process.broker.subscribe(channel);
      await process.broker.signal(topic, '{"n":2}');
      await until(() => process.signals.length > 0);
      await process.broker.unsubscribe(topic);
      await process.broker.signal(topic, '{"n":3}');
      await process.broker.publish(message(channel, 'after all signals'));
      await until(() => process.received.length === 1);
      expect(process.signals).toEqual([`${topic.name} {"n":2}`]);
      expect((await process.broker.position(channel)).offset).toBe(1);
    });

    it('delivers nothing from other channels, and nothing after unsubscribing', async () => {
      const [mine, other] = [userChannel.of(randomUUID()), userChannel.of(`${randomUUID()}*`)];
      await process.broker.subscribe(mine);
      await process.broker.publish(message(other, 'not mine'));
      await process.broker.unsubscribe(mine);
      await process.broker.publish(message(mine, 'too late'));
      await process.broker.subscribe(mine);
      await process.broker.publish(message(mine, 'mine'));
      await until(() => process.received.length > 0);
      expect(texts(process.received)).toEqual(['mine']);
    });

    it('publishes once for each idempotency key and channel', async () => {
      const [one, two] = [userChannel.of(randomUUID()), userChannel.of(randomUUID())];
      await process.broker.subscribe(one);
      await process.broker.subscribe(two);
      const results = [
        await process.broker.publish(message(one, 'first', 'export:1')),
        await process.broker.publish(message(one, 'again', 'export:1')),
        await process.broker.publish(message(two, 'elsewhere', 'export:1')),
        await process.broker.publish(message(one, 'another key', 'export:2')),
      ];
      expect(results.map(({ isRepetition }) => isRepetition)).toEqual([false, true, false, false]);
      expect(results.map(({ position }) => position.offset)).toEqual([1, 1, 1, 2]);
      await until(() => process.received.length === 3);
      expect(texts(process.received)).toEqual(['first', 'elsewhere', 'another key']);
    });

    it('publishes several messages at once with the same result as one after another', async () => {
      const channel = userChannel.of(randomUUID());
      await process.broker.subscribe(channel);
      await process.broker.publish(message(channel, 'a', 'first'));
      const results = await process.broker.publishAll(
        [
          message(channel, 'žluť 🐎'),
          message(channel, 'a again', 'first'),
          message(channel, 'c', 'second'),
          message(channel, 'd'),
          message(channel, 'c again', 'second'),
        ],
        null,
      );
      expect(results.map(({ position, isRepetition }) => [position.offset, isRepetition])).toEqual([
        [2, false],
        [1, true],
        [3, false],
        [4, false],
        [3, true],
      ]);
      expect((await process.broker.publish(message(channel, 'e', 'second'))).position).toEqual(results[2]?.position);
      await until(() => process.received.length === 4);
      expect(texts(process.received)).toEqual(['a', 'žluť 🐎', 'c', 'd']);
      expect(process.received.slice(1).map(({ position }) => position)).toEqual(
        [0, 2, 3].map((index) => results[index]?.position),
      );
      expect((await process.broker.history(channel, 1)).publications).toEqual(process.received);
    });

    it('keeps its history within the limit when more is published at once', async () => {
      const channel = userChannel.of(randomUUID());
      const [first, ...others] = Array.from({ length: 9 }, (_, index) => message(channel, String(index + 1)));
      if (first === undefined) throw new Error('Nothing to publish');
      await process.broker.publishAll([first, ...others], null);
      expect(texts((await process.broker.history(channel, 0)).publications)).toEqual(['4', '5', '6', '7', '8', '9']);
    });

    it('publishes into the expected generation of its data', async () => {
      const channel = userChannel.of(randomUUID());
      await process.broker.subscribe(channel);
      await process.broker.publishAll([message(channel, 'a')], await process.broker.generation());
      await until(() => process.received.length === 1);
    });

    it('keeps the newest messages without a gap, one more than its size', async () => {
      const channel = userChannel.of(randomUUID());
      const sent = Array.from({ length: 9 }, (_, index) => message(channel, String(index + 1)));
      for (const each of sent) await process.broker.publish(each);
      const { position, publications } = await process.broker.history(channel, 0);
      expect(position.offset).toBe(9);
      expect(texts(publications)).toEqual(['4', '5', '6', '7', '8', '9']);
      expect(publications.at(-1)).toMatchObject({ id: sent[8]?.id, channel: channel.name, position });
      expect(Math.abs(Date.now() - (publications.at(-1)?.publishedAt ?? 0))).toBeLessThan(60_000);
      expect(texts((await process.broker.history(channel, 8)).publications)).toEqual(['8', '9']);
    });

    it('limits a read of history to the requested bytes, but always returns the next message', async () => {
      const channel = userChannel.of(randomUUID());
      for (let n = 1; n <= 6; n += 1) await process.broker.publish(message(channel, String(n).repeat(1_000)));
      const read = async (from: number, maxBytes: number): Promise<string[]> => {
        const { position, publications } = await process.broker.history(channel, from, maxBytes);
        expect(position.offset).toBe(6);
        return texts(publications).map((text) => text.charAt(0));
      };
      expect(await read(1, 4_999)).toEqual(['1', '2', '3', '4']);
      expect(await read(4, 4_999)).toEqual(['4', '5', '6']);
      expect(await read(2, 1)).toEqual(['2', '3']);
      expect(await read(6, 1)).toEqual(['6']);
    });

    it('returns a publication from history as it was delivered', async () => {
      const channel = userChannel.of(randomUUID());
      await process.broker.subscribe(channel);
      await process.broker.publish(message(channel, 'žluť 🐎'));
      await until(() => process.received.length === 1);
      expect((await process.broker.history(channel, 1)).publications).toEqual(process.received);
    });

    it('has an empty history for a channel without publications', async () => {
      const history = await process.broker.history(userChannel.of(randomUUID()), 0);
      expect(history).toMatchObject({ position: { offset: 0, tag: '00000000' }, publications: [] });
    });

    // @abuse RED-20
    it('applies quick subscription changes in order', async () => {
      const channel = userChannel.of(randomUUID());
      await process.broker.subscribe(channel);
      const changes = Array.from({ length: 500 }, () => [
        process.broker.unsubscribe(channel),
        process.broker.subscribe(channel),
      ]);
      await Promise.all(changes.flat());
      await process.broker.publish(message(channel, 'still there'));
      await until(() => process.received.length === 1);
    });
  });
}
