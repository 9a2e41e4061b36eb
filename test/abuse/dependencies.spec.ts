import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

interface LockedPackage {
  version: string;
  dev?: boolean;
  hasInstallScript?: boolean;
}

const ROOT = join(import.meta.dirname, '../..');
const LOCK = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };

/** All installed copies of a package. */
function copiesOf(name: string): LockedPackage[] {
  return Object.entries(LOCK.packages)
    .filter(([path]) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`))
    .map(([, locked]) => locked);
}

function isAtLeast(version: string, wanted: string): boolean {
  const [have = [], want = []] = [version, wanted].map((each) => each.split('.').map(Number));
  const different = want.findIndex((part, index) => part !== have[index]);
  return different === -1 || (have[different] ?? 0) > (want[different] ?? 0);
}

describe('The locked dependencies', () => {
  // @abuse SUP-02
  it('include one copy of ws, without known advisories, and load that one', () => {
    const copies = copiesOf('ws');
    expect(copies).toHaveLength(1);
    expect(isAtLeast(copies[0]?.version ?? '0', '8.21.0')).toBe(true);
    const loaded = createRequire(import.meta.url)('ws/package.json') as LockedPackage;
    expect(loaded.version).toBe(copies[0]?.version);
  });

  // @abuse SUP-04
  it('include Express, and not Fastify with its advisories', () => {
    expect(copiesOf('@nestjs/platform-express')).toHaveLength(1);
    expect([...copiesOf('@nestjs/platform-fastify'), ...copiesOf('fastify')]).toEqual([]);
  });

  // @abuse SUP-05
  it('include only versions of jsonwebtoken and jws that check the key against the algorithm', () => {
    for (const { version } of copiesOf('jsonwebtoken')) expect(isAtLeast(version, '9.0.3')).toBe(true);
    for (const { version } of copiesOf('jws')) expect(isAtLeast(version, '4.0.1')).toBe(true);
    expect(copiesOf('jsonwebtoken').length).toBeGreaterThan(0);
  });

  it.each(['class-validator', 'class-transformer', 'reflect-metadata', '@nestjs/core', '@nestjs/common'])(
    // @abuse SUP-07
    'include one copy of %s, since decorators of another copy would be invisible',
    (name) => expect(copiesOf(name)).toHaveLength(1),
  );

  // @abuse SUP-10
  it('need no install script at run time', () => {
    const scripted = Object.entries(LOCK.packages).filter(([, each]) => each.hasInstallScript && !each.dev);
    expect(scripted.map(([path]) => path).filter((path) => !NEEDLESS_SCRIPTS.includes(path))).toEqual([]);
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toContain('ignore-scripts=true');
  });

  // @abuse SUP-11
  it('require Node 20.19 or later', () => {
    expect(MANIFEST.engines.node).toBe('>=20.19.0');
    expect(isAtLeast(process.versions.node, '20.19.0')).toBe(true);
  });
});

/** Packages that work without their script: a native helper with a fallback, a version check, and a download counter. */
const NEEDLESS_SCRIPTS = ['msgpackr-extract', 'protobufjs', '@scarf/scarf'].map((name) => `node_modules/${name}`);
