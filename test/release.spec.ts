import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe('the licence', () => {
  it.each(['.', 'client'])('is in %s, and is the one that package.json names', (folder) => {
    const { license } = JSON.parse(read(`${folder}/package.json`)) as { license: string };
    expect(read(`${folder}/LICENSE`)).toMatch(new RegExp(`^${license} License\n\nCopyright \\(c\\) \\d{4} `));
  });
});

describe('CHANGELOG.md', () => {
  it('begins with unreleased changes, and has a dated entry for the version in package.json', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    const [unreleased, ...released] = [...read('CHANGELOG.md').matchAll(/^## \[(?<name>.+?)\](?<date>.*)$/gm)];
    expect(unreleased?.groups).toMatchObject({ name: 'Unreleased', date: '' });
    for (const { groups } of released) expect(groups?.date).toMatch(/^ - \d{4}-\d{2}-\d{2}$/);
    expect(released.map(({ groups }) => groups?.name)).toContain(version);
  });
});
