import { describe, expect, it } from '@jest/globals';
import { DatabaseClock } from './database-clock.js';

/** How far ahead of this machine's clock it estimates the database's to be, in milliseconds. */
function difference(clock: DatabaseClock): number {
  return Math.round((clock.now() - Date.now()) / 100) * 100;
}

describe('DatabaseClock', () => {
  it('assumes equal clocks as long as that is possible, however slow the answers are', () => {
    const clock = new DatabaseClock();
    clock.learn({ asked: 1_000, told: 1_001, answered: 4_000 });
    clock.learn({ asked: 1_000, told: 3_999, answered: 4_000 });
    expect(difference(clock)).toBe(0);
  });

  it('learns a difference from the fastest answers', () => {
    const clock = new DatabaseClock();
    clock.learn({ asked: 1_000, told: 61_900, answered: 3_000 });
    clock.learn({ asked: 5_000, told: 65_000, answered: 5_000 });
    expect(difference(clock)).toBe(60_000);
  });

  it('drops earlier samples when a clock was set', () => {
    const clock = new DatabaseClock();
    clock.learn({ asked: 1_000, told: 61_000, answered: 1_000 });
    clock.learn({ asked: 2_000, told: 2_000, answered: 2_000 });
    expect(difference(clock)).toBe(0);
  });
});
