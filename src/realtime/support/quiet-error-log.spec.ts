import { beforeEach, describe, expect, it } from '@jest/globals';
import { QuietErrorLog } from './quiet-error-log.js';

/** Letters only. */
function word(n: number): string {
  return String(n).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
}

describe('QuietErrorLog', () => {
  let now: number;
  let lines: string[];
  let log: QuietErrorLog;

  beforeEach(() => {
    now = 0;
    lines = [];
    log = new QuietErrorLog({ warn: (line: string) => lines.push(line) }, 'Redis', () => now);
  });

  it('logs repeats once a minute, with the number suppressed', () => {
    for (now = 0; now <= 60_000; now += 1_000) log.report(new Error('down'));
    expect(lines).toEqual(['Redis: down', 'Redis: down (suppressed 59 more before)']);
  });

  it('treats errors that differ only in numbers and ids as the same', () => {
    for (const each of ['after 56.95ms, Job 17', 'after 1.2e-7ms, Job 0199a5f0-1c2d', 'after 812ms, Job 3:4']) {
      log.report(new Error(each));
    }
    log.report(new Error('refused'));
    expect(lines).toEqual(['Redis: after 56.95ms, Job 17', 'Redis: refused (suppressed 2 more before)']);
  });

  it('names an error without a message by its code', () => {
    log.report(Object.assign(new Error(''), { code: 'ECONNRESET' }));
    expect(lines).toEqual(['Redis: ECONNRESET']);
  });

  // @abuse LIM-20
  it('writes a hundred lines a minute in a flood of distinct errors', () => {
    for (let n = 0; n < 100_000; n += 1) log.report(new Error(`made up ${word(n)}`));
    expect(lines).toHaveLength(100);
    now = 60_000;
    log.report(new Error('down'));
    expect(lines.at(-1)).toBe('Redis: down (suppressed 99900 more before)');
  });
});
