import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Semaphore } from './semaphore.js';

describe('Semaphore', () => {
  it('runs no more at once than it has places, in order of arrival', async () => {
    const turns = new Semaphore(2);
    const started: number[] = [];
    const ends: (() => void)[] = [];
    const all = [0, 1, 2, 3].map((n) =>
      turns.run(async () => {
        started.push(n);
        await new Promise<void>((resolve) => ends.push(resolve));
        return n;
      }),
    );
    expect(started).toEqual([0, 1]);
    ends[1]?.();
    await nextTurn();
    expect(started).toEqual([0, 1, 2]);
    for (let n = 0; n < 4; n += 1) {
      for (const end of ends) end();
      await nextTurn();
    }
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  });

  it('continues after work that fails', async () => {
    const turns = new Semaphore(1);
    const failed = turns.run(() => Promise.reject(new Error('no')));
    const next = turns.run(() => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await turns.run(() => Promise.resolve('and on'))).toBe('and on');
  });
});
