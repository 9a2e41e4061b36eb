import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ESLint } from 'eslint';

const ROOT = join(import.meta.dirname, '../..');
const RULE = 'no-restricted-syntax';

/** What the repository's own configuration says about source text, of the one rule that these cases are about. */
async function complaintsAbout(text: string): Promise<string[]> {
  const eslint = new ESLint({
    cwd: ROOT,
    ruleFilter: ({ ruleId }) => ruleId === RULE,
    // The rule looks at the text alone: no types need to be known.
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  });
  const [result] = await eslint.lintText(text, { filePath: join(ROOT, 'src/resources/resources.service.ts') });
  return result?.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`) ?? [];
}

it.each([
  `void resources.upsert({ id }, ['id']);`,
  `await manager.upsert(Resource, [{ id }], { conflictPaths: ['id'] });`,
  `await manager.createQueryBuilder().insert().into(Resource).values({ id }).orUpdate(['name'], ['id']).execute();`,
  // @abuse PG-12
])('lint refuses an upsert, whose update would be told as a creation: %s', async (text) => {
  expect(await complaintsAbout(text)).toEqual([expect.stringMatching(`^${RULE}: .*load, then save`)]);
});

// @abuse PG-12
it('lint has nothing against saving what was loaded', async () => {
  expect(await complaintsAbout(`await resources.save(Object.assign(found, { name }));`)).toEqual([]);
});
