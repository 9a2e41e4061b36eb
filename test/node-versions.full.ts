import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const TEST = fileURLToPath(new URL('../scripts/test.mjs', import.meta.url));
/** The newest supported version; `npm run test:node -- 22` tests another one. */
const NEWEST = '24';

it(`passes the core of the suite on Node ${NEWEST}`, async () => {
  const { stderr } = await promisify(execFile)(process.execPath, [TEST, 'node', NEWEST], { maxBuffer: 2 ** 26 });
  // Jest prints its totals to stderr.
  expect(stderr).toMatch(/^Tests: +\d{2,} passed, \d+ total$/m);
}, 600_000);
