import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const README = readFileSync('README.md', 'utf8');

/** The code of the feature, as an application has it in `src/projects/`. */
const feature = codeOf('test/projects').map((code) => code.replaceAll('../../src/realtime/', '../realtime/'));

/** The files of a folder, without blanks. */
function codeOf(folder: string): string[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').replace(/\s+/g, ''));
}

function snippetsOf(page: string): string[] {
  return [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

describe.each(['docs/use-in-your-app.md', 'docs/testing.md'])('the page %s', (page) => {
  const app = [...codeOf('test/bare-app/src'), readFileSync('test/test-users.e2e.ts', 'utf8').replace(/\s+/g, '')];
  const snippets = snippetsOf(readFileSync(page, 'utf8'));

  it.each(snippets)('takes its code from the application that the tests run: %#', (code) => {
    expect(app.some((file) => file.includes(code.replace(/\s+/g, '')))).toBe(true);
  });
});

describe('the README’s page about own channels', () => {
  const [, page = ''] = /^## Add a channel$(.*?)^## /ms.exec(README) ?? [];
  const snippets = snippetsOf(page);

  it('has snippets', () => {
    expect(snippets.length).toBeGreaterThan(4);
  });

  // The last one shows how a page uses the client.
  it.each(snippets.slice(0, -1))('takes its code from the feature that the tests run: %#', (code) => {
    expect(feature.some((file) => file.includes(code.replace(/\s+/g, '')))).toBe(true);
  });
});
