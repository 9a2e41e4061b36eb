import { basename, join } from 'node:path';
import { makeTemporaryFolder, shareTemplate } from './temporary-folder.mjs';

/** Starts the Postgres that all test files share; each file's databases are copies of one with the whole schema. */
export default async function setUp(globalConfig) {
  const { provideAllPrograms, startPostgres } = await import('./servers.ts');
  // A run of selected files installs only what they need.
  if (isWhole(globalConfig)) await provideAllPrograms();
  const folder = makeTemporaryFolder();
  await shareTemplate(folder, async () => {
    const { ensureDataFolder } = await import('../../src/database/embedded/data-folder.ts');
    await ensureDataFolder(join(folder, 'template'));
  });
  process.env.TMPDIR = folder;
  const postgres = await startPostgres();
  globalThis.sharedPostgres = postgres;
  process.env.TEST_POSTGRES_URL = postgres.url;
  const template = await postgres.createDatabase();
  const [{ migrate }, { serverOptions }] = await Promise.all([
    import('../../src/database/migrate.ts'),
    import('../../src/database/data-source.ts'),
  ]);
  await migrate(serverOptions({ url: template, poolSize: 1, statementTimeoutMs: 60_000 }));
  process.env.TEST_POSTGRES_TEMPLATE = basename(new URL(template).pathname);
}

function isWhole({ testPathPatterns, nonFlagArgs }) {
  return nonFlagArgs.length === 0 && testPathPatterns.patterns.length === 0;
}
