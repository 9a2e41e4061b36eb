import { describe, expect, it } from '@jest/globals';
import { describeProblem } from './problem.js';

const REFUSED = new TypeError('Failed to fetch');
const LATE = new DOMException('signal timed out', 'TimeoutError');

/** An error as the client's hooks throw it. */
function hookProblem(detail: string, cause: Error): Error {
  return Object.assign(new Error(detail, { cause }), { status: 0, detail, errors: [] });
}

describe('a problem in words', () => {
  it.each([
    ['the server refuses the connection', REFUSED],
    ['the server does not answer in time', LATE],
    ['a hook finds no server', hookProblem('No.', REFUSED)],
    ['a hook gets no token in time', hookProblem('No.', LATE)],
  ])('says that the server can’t be reached when %s', (_, error) => {
    expect(describeProblem(error)).toContain('The server can’t be reached');
  });

  it('says what a hook says when there was no request', () => {
    const detail = 'There is no access token: signed out';
    expect(describeProblem(hookProblem(detail, new Error('signed out')))).toBe(detail);
  });
});
