import { describe, expect, it } from '@jest/globals';
import { Quota } from './quota.js';

describe('Quota', () => {
  it('gives out as many places per key as the limit, and takes each back only once', () => {
    const quota = new Quota(2);
    const first = quota.claim('a');
    expect(quota.claim('a')).not.toBeNull();
    expect(quota.claim('a')).toBeNull();
    expect(quota.claim('b')).not.toBeNull();
    first?.();
    first?.();
    expect(quota.claim('a')).not.toBeNull();
    expect(quota.claim('a')).toBeNull();
  });

  it('is unlimited when the limit is 0', () => {
    const quota = new Quota(0);
    expect(Array.from({ length: 100 }, () => quota.claim('a'))).not.toContain(null);
  });
});
