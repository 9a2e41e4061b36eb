import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { frames } from './frames.js';
import { handshakes } from './handshakes.js';
import { messages } from './messages.js';
import type { Property } from './property.js';
import { rest } from './rest.js';
import { sessions } from './sessions.js';
import { FuzzTarget } from './target.js';

// `FUZZ_SEED=123` repeats a run; `npm run fuzz` does a long one.
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

describe(`Others are served, and receive only what is theirs (FUZZ_SEED=${seed}), despite`, () => {
  let target: FuzzTarget;
  beforeAll(async () => void (target = await FuzzTarget.start()));
  afterAll(() => target.stop());

  it.each<[string, Property, number?]>([
    ['messages, each of which gets one answer', messages],
    ['frames, which are answered or closed as RFC 6455 requires', frames],
    // @abuse FRM-45
    ['recorded sessions with some bits flipped', sessions, 600],
    ['handshakes, which are refused or admitted', handshakes],
    ['requests to the HTTP API, which are never answered with a 5xx', rest],
  ])('%s', async (_, { check }, numRuns = 60) => {
    await check(target, { seed, numRuns });
    await target.comesToRest();
  });
});
