import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RenewingToken } from './renewing-token.js';

const timeout = AbortSignal.timeout.bind(AbortSignal);
let limits: number[];

beforeEach(() => {
  limits = [];
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    limits.push(ms);
    return timeout(1);
  });
});
afterEach(() => void jest.restoreAllMocks());

describe('a token request that is never answered', () => {
  it('is given up after 20 seconds, and the next one is a new one', async () => {
    const signals: AbortSignal[] = [];
    const renew = (signal: AbortSignal): Promise<string> => {
      signals.push(signal);
      return signals.length === 1 ? new Promise(() => undefined) : Promise.resolve('token');
    };
    const token = new RenewingToken(renew);
    const both = await Promise.allSettled([token.get('connect'), token.get('refused')]);
    expect(both).toMatchObject(Array(2).fill({ status: 'rejected', reason: { name: 'TimeoutError' } }));
    expect([limits, signals.map(({ aborted }) => aborted)]).toEqual([[20_000], [true]]);
    await expect(token.get('connect')).resolves.toBe('token');
  });
});
