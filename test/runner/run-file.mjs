/**
 * Runs one test file for Jest (as its `testRunner`) with Node's own modules instead of a sandbox.
 *
 * Jest's sandbox evaluates all modules again for each file: three thousand here, taking 1.3 s of CPU, with code that never gets warm.
 * Here the files of one worker share their modules. Module state would outlive a test file, but `src/` has none.
 */
import { pathToFileURL } from 'node:url';
import { createEmptyTestResult } from '@jest/test-result';
import { addEventHandler, getState, resetState, run } from 'jest-circus';
import { formatResultsErrors } from 'jest-message-util';
import { expect, resetGlobals } from './globals.mjs';

/** Stack lines that refer to this file. */
const OWN_LINE = /\n[^\n]*\/test\/runner\/run-file\.mjs[^\n]*/g;

addEventHandler(noteAssertions);
// Jest's handler would end the worker, and the remaining files with it.
process.removeAllListeners('uncaughtException');
process.on('uncaughtException', blame);

export default async function runFile(globalConfig, config, _environment, _runtime, testPath) {
  // Jest's version ignores Node's source maps.
  Error.prepareStackTrace = undefined;
  resetState();
  resetGlobals();
  const state = getState();
  state.testTimeout = globalConfig.testTimeout;
  state.testNamePattern = globalConfig.testNamePattern ? new RegExp(globalConfig.testNamePattern, 'i') : null;
  expect.setState({ testPath, expand: globalConfig.expand });

  for (const path of [...config.setupFilesAfterEnv, testPath]) await import(pathToFileURL(path).href);
  const { testResults, unhandledErrors } = await run();
  resetGlobals();
  return toJestResult(testResults.map(toAssertionResult), unhandledErrors, { config, globalConfig, testPath });
}

function toAssertionResult({ testPath, errors, errorsDetailed, status, ...result }) {
  const [, ...names] = testPath;
  return {
    ...result,
    ancestorTitles: names.slice(0, -1),
    title: names.at(-1),
    fullName: names.join(' '),
    status: status === 'done' ? (errors.length > 0 ? 'failed' : 'passed') : status === 'skip' ? 'pending' : status,
    failureDetails: errorsDetailed,
    failureMessages: errors.map((stack) => stack.replace(OWN_LINE, '')),
  };
}

function toJestResult(testResults, unhandledErrors, { config, globalConfig, testPath }) {
  const count = (status) => testResults.filter((result) => result.status === status).length;
  const unhandled = unhandledErrors.join('\n\n');
  return {
    ...createEmptyTestResult(),
    displayName: config.displayName,
    failureMessage: [formatResultsErrors(testResults, config, globalConfig, testPath), unhandled]
      .filter(Boolean)
      .join('\n\n'),
    numFailingTests: count('failed'),
    numPassingTests: count('passed'),
    numPendingTests: count('pending'),
    numTodoTests: count('todo'),
    testExecError: unhandled === '' ? undefined : { message: '', stack: unhandled },
    testFilePath: testPath,
    testResults,
  };
}

/** Blames an uncaught error on the running test, or on the file. */
function blame(error) {
  const { currentlyRunningTest, unhandledErrors } = getState();
  (currentlyRunningTest?.errors ?? unhandledErrors).push([error, error]);
}

/** Adds failures of `expect.assertions` and errors that `expect` suppressed to their test. */
function noteAssertions({ name, test }) {
  if (name === 'test_start') expect.setState({ currentTestName: test.name, suppressedErrors: [] });
  if (name !== 'test_done') return;
  test.errors.push(...expect.getState().suppressedErrors);
  test.errors.push(...expect.extractExpectedAssertionsErrors().map(({ error }) => error));
}
