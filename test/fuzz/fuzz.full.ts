import { randomInt } from 'node:crypto';
import { it } from '@jest/globals';
import { runFuzz } from './run.js';

// `FUZZ_SEED=123` repeats a run; `npm run fuzz` makes one of any length.
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

it(`serves others whatever somebody sends, 1,000 times each (FUZZ_SEED=${seed})`, async () => {
  await runFuzz({ seed, runs: 1_000 });
}, 600_000);
