import { describe, expect, it } from '@jest/globals';
import { sensitivityTone } from './resources.js';

describe('sensitivityTone', () => {
  it.each([
    ['confidential', 'warn'],
    ['normal', 'plain'],
    ['constructor', 'plain'],
  ])('shows %s as %s', (sensitivity, tone) => {
    expect(sensitivityTone(sensitivity)).toBe(tone);
  });
});
