import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { provideProgram } from './packages.js';

describe('a program that is missing on this machine', () => {
  const { CI, HERALD_TEST_INSTALL } = process.env;
  beforeEach(() => {
    delete process.env.CI;
    delete process.env.HERALD_TEST_INSTALL;
  });
  afterEach(() => {
    Object.assign(process.env, {
      ...(CI !== undefined && { CI }),
      ...(HERALD_TEST_INSTALL !== undefined && { HERALD_TEST_INSTALL }),
    });
  });

  it('is not installed unless requested, and the error explains how', async () => {
    const missing = provideProgram(['no-such-program'], 'no-such-package');
    await expect(missing).rejects.toThrow(/need no-such-package.*npm test -- --install.*npm run test:unit/s);
  });
});
