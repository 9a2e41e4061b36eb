import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';

const BUNDLE = fileURLToPath(new URL('../support/bundle.mjs', import.meta.url));
const ENTRY = fileURLToPath(new URL('../../client/src/index.ts', import.meta.url));
const LIMIT_BYTES = 4_096;

describe('the client without React', () => {
  it('needs no other package, and is under 4 KB compressed', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [BUNDLE, ENTRY]);
    const [bundle, ...others] = JSON.parse(stdout);
    expect(others).toEqual([]);
    expect(bundle.imports).toEqual([]);
    expect(bundle.exports).toEqual(expect.arrayContaining(['connectNotifications', 'connectOrgEvents']));
    expect(gzipSync(bundle.code).length).toBeLessThan(LIMIT_BYTES);
  });
});
