import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { ensureDataFolder } from './data-folder.js';
import { EmbeddedConnection } from './embedded-connection.js';
import { FolderLock } from './folder-lock.js';
import { Session, type SessionLimits } from './session.js';

const DEFAULT_LIMITS: SessionLimits = { waitMs: 10_000, idleMs: 30_000 };

/** Sized for a development machine: the defaults take 128 MB of memory, and a gigabyte of write-ahead log. */
const SETTINGS = ['shared_buffers=8MB', 'max_connections=5', 'max_wal_size=64MB', 'min_wal_size=32MB'];

/**
 * Postgres inside this process (PGlite), with its data in a folder, behind the real `pg` driver.
 *
 * Committed data survives the end of the process, even a kill; `fsync` is off, so a crash of the machine may lose or damage it. All
 * connections share one session: see {@link Session}.
 */
export class EmbeddedPostgres {
  private closing: Promise<void> | null = null;

  private constructor(
    private readonly engine: PGlite,
    private readonly session: Session,
    private readonly lock: FolderLock,
  ) {}

  /**
   * Opens the database in a folder, creating it if necessary.
   * @throws {FolderInUseError} if it is open already, here or in another process
   */
  static async open(folder: string, limits: Partial<SessionLimits> = {}): Promise<EmbeddedPostgres> {
    const path = resolve(folder);
    await mkdir(dirname(path), { recursive: true });
    const lock = FolderLock.acquire(path);
    try {
      await ensureDataFolder(path);
      const engine = await PGlite.create(path, { postgresqlconf: SETTINGS });
      return new EmbeddedPostgres(engine, new Session(engine, { ...DEFAULT_LIMITS, ...limits }), lock);
    } catch (error) {
      lock.release();
      throw new Error(`The embedded database in ${path} can't be opened: ${String(error)}`, { cause: error });
    }
  }

  /** A pool of connections; the caller has to end it. */
  createPool(config: pg.PoolConfig = {}): pg.Pool {
    return new pg.Pool({ ...config, ...this.transport });
  }

  /** The `driver` option for TypeORM. If `closesWithPool`, ending its pool also closes this database. */
  driver({ closesWithPool }: { closesWithPool: boolean }): { Pool: typeof pg.Pool } {
    const { transport } = this;
    const close = closesWithPool ? () => this.close() : () => Promise.resolve();
    class Pool extends pg.Pool {
      constructor(config?: pg.PoolConfig) {
        super({ ...config, ...transport });
      }

      override end(): Promise<void>;
      override end(callback: () => void): void;
      override end(callback?: (error?: unknown) => void): Promise<void> | void {
        const ended = super.end().finally(close);
        if (callback === undefined) return ended;
        ended.then(() => callback(), callback);
      }
    }
    return { Pool };
  }

  /** Writes everything to disk and releases the folder. End all pools first. */
  close(): Promise<void> {
    this.closing ??= this.engine.close().finally(() => this.lock.release());
    return this.closing;
  }

  private get transport(): pg.PoolConfig {
    // Overrides PGSSLMODE of the environment.
    return { ssl: false, stream: () => new EmbeddedConnection(this.session) };
  }
}
