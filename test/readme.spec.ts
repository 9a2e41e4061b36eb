import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const README = readFileSync('README.md', 'utf8');
const FOLDER = 'test/projects';

/** The code of the feature, without blanks, as an application has it in `src/projects/`. */
const feature = readdirSync(FOLDER)
  .map((name) => readFileSync(join(FOLDER, name), 'utf8').replaceAll('../../src/realtime/', '../realtime/'))
  .map((code) => code.replace(/\s+/g, ''));

describe('the README’s page about own channels', () => {
  const [, page = ''] = /^## Add a channel$(.*?)^## /ms.exec(README) ?? [];
  const snippets = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

  it('has snippets', () => {
    expect(snippets.length).toBeGreaterThan(4);
  });

  // The last one shows how a page uses the client.
  it.each(snippets.slice(0, -1))('takes its code from the feature that the tests run: %#', (code) => {
    expect(feature.some((file) => file.includes(code.replace(/\s+/g, '')))).toBe(true);
  });
});
