import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ESLint } from 'eslint';

const ROOT = join(import.meta.dirname, '../..');
const RULE = 'no-restricted-syntax';

/** What the repository's ESLint configuration reports for the text, by this rule only. */
async function complaintsAbout(text: string): Promise<string[]> {
  const eslint = new ESLint({
    cwd: ROOT,
    ruleFilter: ({ ruleId }) => ruleId === RULE,
    // The rule needs no types.
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
])('lint refuses an upsert, as its update would be published as a creation: %s', async (text) => {
  expect(await complaintsAbout(text)).toEqual([expect.stringMatching(`^${RULE}: .*load, then save`)]);
});

// @abuse PG-12
it('lint allows saving a loaded entity', async () => {
  expect(await complaintsAbout(`await resources.save(Object.assign(found, { name }));`)).toEqual([]);
});
