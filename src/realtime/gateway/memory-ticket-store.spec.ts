import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Principal } from '../connection/principal.js';
import { MemoryTicketStore } from './memory-ticket-store.js';

const alice: Principal = {
  userId: 'alice',
  email: null,
  name: null,
  roles: new Set(),
  expiresAt: new Date(1_800_000_000_000),
  sessionId: null,
};

describe('MemoryTicketStore', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  // @abuse HS-25
  it('redeems a ticket once when two clients use it at the same time', async () => {
    const tickets = new MemoryTicketStore();
    await tickets.put('ticket', alice);
    expect(await Promise.all([tickets.take('ticket'), tickets.take('ticket')])).toEqual([alice, null]);
  });

  // @abuse HS-26
  it('forgets a ticket after 30 s', async () => {
    const tickets = new MemoryTicketStore();
    await tickets.put('older', alice);
    jest.advanceTimersByTime(1);
    await tickets.put('younger', alice);
    jest.advanceTimersByTime(29_999);
    expect(await tickets.take('older')).toBeNull();
    expect(await tickets.take('younger')).toBe(alice);
  });
});
