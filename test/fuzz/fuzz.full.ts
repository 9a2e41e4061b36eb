import { randomInt } from 'node:crypto';
import { it } from '@jest/globals';
import { runFuzz } from './run.js';

// `FUZZ_SEED=123` repeats a run; `npm run fuzz` does one of any length.
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

it(`serves others despite 1,000 attacks of each kind (FUZZ_SEED=${seed})`, async () => {
  await runFuzz({ seed, runs: 1_000 });
}, 600_000);
