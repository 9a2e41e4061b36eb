import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AbusedProcess } from '../support/abused-process.js';
import { type Jwks, startJwks } from '../support/keys.js';

/** The log's budget for each of the two kinds of line that a failed request writes. */
const LINES_A_SECOND = 20;
const REQUESTS = 1_000;

let jwks: Jwks;
let herald: AbusedProcess;

beforeAll(async () => {
  jwks = await startJwks();
  herald = await AbusedProcess.start({ KEYCLOAK_JWKS_URL: jwks.url });
  // From now on unknown keys can't be looked up.
  await jwks.stop();
});
afterAll(() => herald.stop());

interface Line {
  time: number;
  level: number;
  msg: string;
}

describe('a flood of requests that fail through the server’s fault', () => {
  // @abuse LIM-20
  it('writes a few lines a second: the first ones, and how many were suppressed', async () => {
    const headers = { authorization: `Bearer ${await jwks.sign('alice', { header: { kid: 'unheard-of' } })}` };
    const mark = herald.output.length;
    for (let sent = 0; sent < REQUESTS; sent += 50) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => fetch(`${herald.url}/api/v1/orgs`, { headers })),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    }
    await herald.says('Failed requests: suppressed');
    await herald.says('Failures: suppressed');
    const text = herald.output.slice(mark, herald.output.lastIndexOf('\n')).trim();
    const lines = text.split('\n').map((line) => JSON.parse(line) as Line);
    const told = lines.filter(({ msg }) => msg.startsWith('GET /api/v1/orgs'));
    const perSecond = new Map<number, number>();
    for (const { time } of told) {
      const second = Math.floor(time / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    // One second of the clock can overlap two of the budget.
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(2 * LINES_A_SECOND);
    expect(told.map(({ msg }) => msg)).toContain('GET /api/v1/orgs 503');
    expect(told.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/^GET \/api\/v1\/orgs: \S/));
    const suppressed = lines.flatMap(({ msg }) => /^Failed requests: suppressed (\d+) lines/.exec(msg)?.[1] ?? []);
    expect(suppressed.length).toBeGreaterThan(0);
    expect(Math.max(...suppressed.map(Number))).toBeGreaterThan(10);
  });
});
