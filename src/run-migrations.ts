/** `npm run migration:run`: brings the schema of the configured database up to date, and says what it did. */
import { join } from 'node:path';
import { Environment, loadEnvironmentFile } from './config/environment.js';
import { embeddedOptions, serverOptions } from './database/data-source.js';
import { EmbeddedPostgres } from './database/embedded/embedded-postgres.js';
import { migrate } from './database/migrate.js';

try {
  loadEnvironmentFile();
  const applied = await run(new Environment());
  for (const name of applied) console.log(`Applied ${name}`);
  if (applied.length === 0) console.log('The schema is up to date: nothing to apply');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run({ databaseUrl, dataDir }: Environment): Promise<string[]> {
  if (databaseUrl !== null) return migrate(serverOptions(databaseUrl));
  const embedded = await EmbeddedPostgres.open(join(dataDir, 'postgres'));
  try {
    return await migrate(embeddedOptions(embedded, { closesWithPool: false }));
  } finally {
    await embedded.close();
  }
}
