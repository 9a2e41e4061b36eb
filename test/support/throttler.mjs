/**
 * @nestjs/throttler for Jest. The package is CommonJS and requires Nest, which is ESM: Node does that from 20.19 on, Jest only on
 * Node 24.9. So its own files are run here as they are, with the Nest that this test has imported.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';

const NEST = { '@nestjs/common': common, '@nestjs/core': core };
const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve('@nestjs/throttler/package.json')), 'dist');
const loaded = new Map();

function load(specifier) {
  if (!specifier.startsWith('./')) return NEST[specifier] ?? require(specifier);
  if (!loaded.has(specifier)) {
    const exports = {};
    loaded.set(specifier, exports);
    const source = readFileSync(join(folder, `${specifier}.js`), 'utf8');
    new Function('require', 'exports', source)(load, exports);
  }
  return loaded.get(specifier);
}

export const {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  normalizeIp,
  SkipThrottle,
  ThrottlerException,
  ThrottlerGuard,
  ThrottlerModule,
} = load('./index');
