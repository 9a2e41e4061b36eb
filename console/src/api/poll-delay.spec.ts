import { describe, expect, it } from '@jest/globals';
import { pollDelay } from './poll-delay.js';
import { ApiProblem } from './problem.js';

describe('pollDelay', () => {
  it.each([
    ['as usual while all is well', null, 400],
    ['longer while the server is unreachable', new TypeError('Failed to fetch'), 5_000],
    ['as long as the server says', new ApiProblem(429, 'Slow down.', [], 30), 30_000],
    ['never shorter than usual', new ApiProblem(503, 'Restarting.', [], 0), 400],
  ])('is %s', (_, error, delayMs) => {
    expect(pollDelay(400, error)).toBe(delayMs);
  });
});
