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
/** The line above a test, or above the rows of its table. */
const TAG = /^\s*\/\/ @abuse ((?:[A-Z]{2,5}-\d{2}(?:, )?)+)$/gm;

/** The ids that tests are tagged with. */
function testedIds(): Set<string> {
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(spec|e2e|full|table|contract)\.ts$/.test(name))
      .map((name) => join(ROOT, folder, name)),
  );
  const tags = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(TAG)].map(([, ids = '']) => ids));
  return new Set(tags.flatMap((ids) => ids.match(ID) ?? []));
}

/** The ids that the README gives a reason for, one line each. */
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

  it('has a test that is tagged with each case, or a line on why it cannot apply', () => {
    const missing = CASES.filter(({ id }) => !tested.has(id) && !excused.includes(id));
    expect(missing.map(({ id, title }) => `${id} (${title})`)).toEqual([]);
  });

  it('excuses no case that has a test, none twice, and none that is not on it', () => {
    const known = new Set(CASES.map(({ id }) => id));
    expect(excused.filter((id) => tested.has(id) || !known.has(id))).toEqual([]);
    expect(excused).toHaveLength(new Set(excused).size);
  });
});
