import { basename, join } from 'node:path';
import { makeTemporaryFolder, shareTemplate } from './temporary-folder.mjs';

/** Starts the Postgres that all test files share, each with databases of its own: copies of one with the whole schema. */
export default async function setUp() {
  const folder = makeTemporaryFolder();
  await shareTemplate(folder, async () => {
    const { ensureDataFolder } = await import('../../src/database/embedded/data-folder.ts');
    await ensureDataFolder(join(folder, 'template'));
  });
  process.env.TMPDIR = folder;
  const { startPostgres } = await import('./servers.ts');
  const postgres = await startPostgres();
  globalThis.sharedPostgres = postgres;
  process.env.TEST_POSTGRES_URL = postgres.url;
  const template = await postgres.createDatabase();
  const [{ migrate }, { serverOptions }] = await Promise.all([
    import('../../src/database/migrate.ts'),
    import('../../src/database/data-source.ts'),
  ]);
  await migrate(serverOptions(template));
  process.env.TEST_POSTGRES_TEMPLATE = basename(new URL(template).pathname);
}
