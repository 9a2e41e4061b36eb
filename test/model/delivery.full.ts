import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { runModel } from './run.js';

// `MODEL_SEED=123` repeats a run; `npm run test:model` does one of any length.
const seed = Number(process.env.MODEL_SEED ?? randomInt(2 ** 31));

it(`delivers every committed change once and in order, in 2,000 operations (MODEL_SEED=${seed})`, async () => {
  const { committed, resumed } = await runModel({ seed, operations: 2_000 });
  expect(committed).toBeGreaterThan(0);
  expect(resumed).toBeGreaterThan(0);
}, 600_000);
