import { describe, expect, it } from '@jest/globals';
import { Quota } from './quota.js';

describe('Quota', () => {
  it('gives out as many places a key as there are, and each only once back', () => {
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

  it('has no end when the limit is 0', () => {
    const quota = new Quota(0);
    expect(Array.from({ length: 100 }, () => quota.claim('a'))).not.toContain(null);
  });
});
