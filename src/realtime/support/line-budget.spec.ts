import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LineBudget } from './line-budget.js';

describe('LineBudget', () => {
  let told: string[];
  let budget: LineBudget;

  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    budget = new LineBudget(10, (summary) => told.push(summary));
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const take = (kind: string, times: number): number =>
    Array.from({ length: times }, () => budget.take(kind)).filter(Boolean).length;

  // @abuse LIM-20
  it('writes at most half of its lines for one kind, and reports how many more there were', () => {
    expect(take('a', 1_000)).toBe(5);
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual(['suppressed 995 lines within a second (a: 995)']);
  });

  it('leaves room for another kind, and never exceeds its limit', () => {
    take('a', 1_000);
    expect(take('b', 5)).toBe(5);
    expect(take('c', 5)).toBe(0);
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual(['suppressed 1000 lines within a second (a: 995, c: 5)']);
  });

  it('starts again every second, and reports nothing if nothing was suppressed', () => {
    expect(take('a', 5)).toBe(5);
    jest.advanceTimersByTime(1_000);
    expect(take('a', 5)).toBe(5);
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual([]);
  });
});
