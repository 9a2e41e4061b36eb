import { describe, expect, it } from '@jest/globals';
import { isolated } from './isolated.js';

describe('a name in a sentence', () => {
  it.each(['Plan', 'Café 12 %', '計画', '🤖', ''])('stays as it is when nothing in it sets a direction: %j', (name) => {
    expect(isolated(name)).toBe(name);
  });

  it.each(['תוכנית', 'خطة', 'Plan \u202Egpj.exe', '\u200fPlan'])('is isolated otherwise: %j', (name) => {
    expect(isolated(name)).toBe(`\u2068${name}\u2069`);
  });

  it('does not end its isolation itself', () => {
    expect(isolated('Plan\u2069\u202Egpj.exe')).toBe('\u2068Plan\u202Egpj.exe\u2069');
  });
});
