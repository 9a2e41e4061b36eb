/**
 * What test files import as `@jest/globals`: Jest's own parts, put together without its sandbox.
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
    // Node's own streams and pipes run on these, and a test shares them with the process that runs it.
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

/** Where jest-circus looks for the time limit of a file. */
const TEST_TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');

/** Undoes what a file has set for itself, before the next one. */
export function resetGlobals() {
  delete globalThis[TEST_TIMEOUT];
  timers.useRealTimers();
  mocker.restoreAllMocks();
}
