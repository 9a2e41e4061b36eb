/** `npm run migration:run`: applies pending migrations to the configured database, and prints them. */
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { announce, announceForOthers } from './announce.js';
import { Environment, loadEnvironmentFile } from './config/environment.js';
import { embeddedOptions, serverOptions } from './database/data-source.js';
import { EmbeddedPostgres } from './database/embedded/embedded-postgres.js';
import { migrate } from './database/migrate.js';
import { ProcessLogger } from './operations/process-logger.js';

try {
  loadEnvironmentFile();
  announceForOthers();
  const environment = new Environment();
  Logger.overrideLogger(new ProcessLogger(environment));
  const applied = await run(environment);
  for (const name of applied) announce(`Applied ${name}`);
  if (applied.length === 0) announce('The schema is up to date: nothing to apply');
} catch (error) {
  announce(error instanceof Error ? error.message : String(error), 'fatal');
  process.exitCode = 1;
}

async function run({ database, dataDir }: Environment): Promise<string[]> {
  if (database !== null) return migrate(serverOptions(database));
  const embedded = await EmbeddedPostgres.open(join(dataDir, 'postgres'));
  try {
    return await migrate(embeddedOptions(embedded, { closesWithPool: false }));
  } finally {
    await embedded.close();
  }
}
