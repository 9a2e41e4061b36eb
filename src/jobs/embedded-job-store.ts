import { Logger } from '@nestjs/common';
import { createPostgresBackend, type IQueueBackend, type QueueBaseOptions, runMigrations } from 'bullmq';
import type { Pool } from 'pg';
import { EmbeddedPostgres } from '../database/embedded/embedded-postgres.js';
import { type BackendRole, JobStore } from './job-store.js';

const SCHEMA = 'bullmq';
/** Every worker and listener keeps one; embedded connections cost next to nothing. */
const MAX_CONNECTIONS = 100;

/** Jobs in an embedded Postgres of their own: a transaction in the application's database would block the workers. */
export class EmbeddedJobStore extends JobStore {
  private constructor(
    private readonly database: EmbeddedPostgres,
    private readonly pool: Pool,
  ) {
    super();
  }

  /** @throws {FolderInUseError} */
  static async open(folder: string): Promise<EmbeddedJobStore> {
    const database = await EmbeddedPostgres.open(folder);
    const pool = database.createPool({
      max: MAX_CONNECTIONS,
      // Tells BullMQ that lost connections are detected, so that idle workers need not poll every ten seconds.
      keepAlive: true,
    });
    const store = new EmbeddedJobStore(database, pool);
    // Every queue and worker adds a listener.
    pool.setMaxListeners(0);
    pool.on('error', (error) => new Logger('Jobs').warn(`A connection to the job queue was lost: ${error.message}`));
    try {
      await store.prepare();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  override createBackend(name: string, options: QueueBaseOptions, role?: BackendRole): IQueueBackend {
    return createPostgresBackend(name, { ...options, connection: this.pool }, role);
  }

  override isReachable(): Promise<boolean> {
    return Promise.resolve(!this.pool.ending);
  }

  override async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end();
    await this.database.close();
  }

  private async prepare(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await runMigrations(client, SCHEMA);
      // BullMQ's statements don't name the schema. Set once, as all connections share the session.
      await client.query(`SET search_path TO ${SCHEMA}`);
    } finally {
      client.release();
    }
  }
}
