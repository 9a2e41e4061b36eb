/**
 * What test files import as `@jest/globals`: parts of Jest, assembled without its sandbox.
 */
import { jestExpect } from '@jest/expect';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from 'jest-circus';

export const expect = jestExpect;

const mocker = new ModuleMocker(globalThis);
const timers = new ModernFakeTimers({
  config: {
    rootDir: process.cwd(),
    testMatch: [],
    // Node's streams and pipes need these, and a test shares them with the process.
    fakeTimers: { doNotFake: ['nextTick', 'queueMicrotask'] },
  },
  global: globalThis,
});

export const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  useFakeTimers: (options) => timers.useFakeTimers(options),
  useRealTimers: () => timers.useRealTimers(),
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
  advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
  runAllTimers: () => timers.runAllTimers(),
  runAllTimersAsync: () => timers.runAllTimersAsync(),
  getTimerCount: () => timers.getTimerCount(),
  setSystemTime: (now) => timers.setSystemTime(now),
  setTimeout: (ms) => {
    globalThis[TEST_TIMEOUT] = ms;
  },
};

/** The symbol from which jest-circus reads the timeout of a file. */
const TEST_TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');

/** Resets what a file has set, before the next one. */
export function resetGlobals() {
  delete globalThis[TEST_TIMEOUT];
  timers.useRealTimers();
  mocker.restoreAllMocks();
}
