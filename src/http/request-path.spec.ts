import { describe, expect, it } from '@jest/globals';
import { requestPath } from './request-path.js';

describe('requestPath', () => {
  it.each([
    ['/api/v1/orgs?token=eyJh.eyJz.c2ln', '/api/v1/orgs'],
    ['/orgs#eyJh.eyJz.c2ln', '/orgs'],
    ['/orgs/eyJh.eyJz.c2ln/members', '/orgs/[token]/members'],
    ['/orgs/eyJh.eyJz./x', '/orgs/[token]/x'],
    ['/orgs/token-eyJh.eyJz.c2ln', '/orgs/token-[token]'],
    ['/a.eyJh.eyJz.c2ln', '/a.[token]'],
    ['/eyJh.eyJz.c2ln;eyJh.eyJz.c2ln', '/[token];[token]'],
    ['/eyJust.this', '/eyJust.this'],
    ['/v1.2.3/a.b.c', '/v1.2.3/a.b.c'],
    ['', ''],
  ])('of %p is %p', (target, path) => {
    expect(requestPath(target)).toBe(path);
  });

  // @abuse LIM-18
  it('does not take quadratic time', () => {
    const { user } = process.cpuUsage();
    for (let n = 0; n < 100; n += 1) requestPath(`/${'eyJ'.repeat(5_000)}`);
    expect((process.cpuUsage().user - user) / 1_000).toBeLessThan(2_000);
  });
});
