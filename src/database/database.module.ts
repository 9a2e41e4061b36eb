import { join } from 'node:path';
import { Global, Logger, Module } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { Environment } from '../config/environment.js';
import { connect, embeddedOptions, serverOptions } from './data-source.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { DatabaseSockets } from './database-sockets.js';
import { migrate } from './migrate.js';

const logger = new Logger('Database');

@Module({ providers: [DatabaseSockets], exports: [DatabaseSockets] })
class DatabaseSocketsModule {}

/**
 * TypeORM on the Postgres of `DATABASE_URL`, or on the embedded one in `DATA_DIR`, with its schema up to date.
 *
 * Features add their entities with `TypeOrmModule.forFeature`. Closes after every module that is not global.
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      imports: [DatabaseSocketsModule],
      inject: [Environment, DatabaseSockets],
      useFactory: openDatabase,
      dataSourceFactory: (options) => connect(options ?? missingOptions()),
    }),
  ],
})
export class DatabaseModule {}

async function openDatabase(environment: Environment, sockets: DatabaseSockets): Promise<TypeOrmModuleOptions> {
  // connect() does its own waiting.
  const shared = { autoLoadEntities: true, toRetry: () => false };
  const { database, runMigrations } = environment;
  if (database !== null) {
    if (runMigrations) report(await migrate(serverOptions(database)));
    return { ...shared, ...serverOptions(database, sockets.create) };
  }
  const embedded = await EmbeddedPostgres.open(join(environment.dataDir, 'postgres'));
  try {
    if (runMigrations) report(await migrate(embeddedOptions(embedded, { closesWithPool: false })));
    // TypeORM ends its pool at the end of the shutdown, when nothing uses the database any more.
    return { ...shared, ...embeddedOptions(embedded, { closesWithPool: true }) };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

function report(applied: string[]): void {
  for (const name of applied) logger.log(`Applied the migration ${name}`);
}

function missingOptions(): never {
  throw new Error('TypeORM was given no options');
}
