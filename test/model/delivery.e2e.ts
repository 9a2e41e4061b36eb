import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { runModel } from './run.js';

// `MODEL_SEED=123` repeats a run; `scripts/model.mjs` does a long one.
const seed = Number(process.env.MODEL_SEED ?? randomInt(2 ** 31));

// @abuse PG-07
it(`delivers every committed change once and in order, whatever happens (MODEL_SEED=${seed})`, async () => {
  const { committed, resumed } = await runModel({ seed, operations: 250 });
  expect(committed).toBeGreaterThan(0);
  expect(resumed).toBeGreaterThan(0);
}, 120_000);
