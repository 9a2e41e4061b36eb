import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

interface AbuseCase {
  id: string;
  title: string;
}

const ROOT = join(import.meta.dirname, '../..');
const CASES = JSON.parse(readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8')) as AbuseCase[];
const ID = /\b[A-Z]{2,5}-\d{2}\b/g;
/** The comment above a test, or above rows of its table. */
const TAG = /^\s*\/\/ @abuse ((?:[A-Z]{2,5}-\d{2}(?:, )?)+)$/gm;

function testedIds(): Set<string> {
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(spec|e2e|full|table|contract)\.ts$/.test(name))
      .map((name) => join(ROOT, folder, name)),
  );
  const tags = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(TAG)].map(([, ids = '']) => ids));
  return new Set(tags.flatMap((ids) => ids.match(ID) ?? []));
}

/** The cases that the README excuses, one a line. */
function excusedIds(): string[] {
  const lines = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').split('\n');
  return lines.flatMap((line) => /^- ([A-Z]{2,5}-\d{2}): \S/.exec(line)?.[1] ?? []);
}

describe('The list of abuse cases', () => {
  const tested = testedIds();
  const excused = excusedIds();

  it('names each case once', () => {
    expect(new Set(CASES.map(({ id }) => id)).size).toBe(CASES.length);
  });

  it('has a tagged test for each case, or a line that says why there is none', () => {
    const missing = CASES.filter(({ id }) => !tested.has(id) && !excused.includes(id));
    expect(missing.map(({ id, title }) => `${id} (${title})`)).toEqual([]);
  });

  it('excuses only known cases without a test, each once', () => {
    const known = new Set(CASES.map(({ id }) => id));
    expect(excused.filter((id) => tested.has(id) || !known.has(id))).toEqual([]);
    expect(excused).toHaveLength(new Set(excused).size);
  });
});
