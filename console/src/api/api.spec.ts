import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Api } from './api.js';

const timeout = AbortSignal.timeout.bind(AbortSignal);
let limits: number[];

beforeEach(() => {
  limits = [];
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    limits.push(ms);
    return timeout(1);
  });
  // A server that never answers.
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (_, options) => {
    await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
    throw options?.signal?.reason;
  });
});
afterEach(() => void jest.restoreAllMocks());

describe('a request that is never answered', () => {
  const api = new Api({ getToken: () => Promise.resolve('token') });
  const { signal } = new AbortController();

  it.each<[string, () => Promise<unknown>]>([
    ['that reads', () => api.get('/orgs')],
    ['that reads and can be cancelled', () => api.get('/orgs', signal)],
    ['that changes', () => api.send('POST', '/orgs', { name: 'Acme' })],
  ])('is given up after 20 seconds: one %s', async (_, request) => {
    await expect(request()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(limits).toEqual([20_000]);
  });
});
