import jestRunner from 'jest-runner';

/** Runs its test files one after the other (a `runner` of Jest's), after those of other runners. */
export default class OneByOneRunner extends jestRunner.default {
  isSerial = true;
}
