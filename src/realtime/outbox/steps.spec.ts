import { describe, expect, it } from '@jest/globals';
import type { Message } from '../broker/broker.js';
import { userChannel } from '../broker/channel.js';
import { inSteps } from './steps.js';

const channel = userChannel.of('alice');

function message(id: number, length = 10): Message {
  const common = { channel, idempotencyKey: null, except: null, formerPosition: null } as const;
  return { ...common, id: String(id), body: '{'.padEnd(length) };
}

describe('the steps that messages are published in', () => {
  it('are empty without messages', () => {
    expect(inSteps([])).toEqual([]);
  });

  it('have at most 50 messages, and keep all in order', () => {
    const messages = Array.from({ length: 120 }, (_, n) => message(n));
    const steps = inSteps(messages);
    expect(steps.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(steps.flat()).toEqual(messages);
  });

  it('have at most 256 Ki characters, or a single longer message', () => {
    const lengths = [100_000, 100_000, 100_000, 1_000_000, 10, 262_134, 10];
    const steps = inSteps(lengths.map((length, n) => message(n, length)));
    expect(steps.map((step) => step.map(({ body }) => body.length))).toEqual([
      [100_000, 100_000],
      [100_000],
      [1_000_000],
      [10, 262_134],
      [10],
    ]);
  });
});
