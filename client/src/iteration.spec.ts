import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Iteration } from './iteration.js';

const onEnd = jest.fn();
let iteration: Iteration<number>;

beforeEach(() => {
  onEnd.mockReset();
  iteration = new Iteration(onEnd);
});

describe('an iteration', () => {
  it('yields values pushed before and after they are requested, in order', async () => {
    iteration.push(1);
    iteration.push(2);
    const taken = [iteration.next(), iteration.next(), iteration.next(), iteration.next()];
    iteration.push(3);
    iteration.push(4);
    expect((await Promise.all(taken)).map(({ value }) => value)).toEqual([1, 2, 3, 4]);
  });

  it('that ends first yields the buffered values', async () => {
    iteration.push(1);
    iteration.end();
    expect(await iteration.next()).toEqual({ value: 1, done: false });
    expect(await iteration.next()).toEqual({ value: undefined, done: true });
  });

  it('that ends resolves pending requests', async () => {
    const taken = [iteration.next(), iteration.next()];
    iteration.end();
    expect((await Promise.all(taken)).map(({ done }) => done)).toEqual([true, true]);
  });

  it('that a loop leaves is over', async () => {
    iteration.push(1);
    iteration.push(2);
    for await (const value of iteration) {
      expect(value).toBe(1);
      break;
    }
    expect(await iteration.next()).toEqual({ value: undefined, done: true });
    iteration.end();
    expect(onEnd).toHaveBeenCalledTimes(1);
  });
});
