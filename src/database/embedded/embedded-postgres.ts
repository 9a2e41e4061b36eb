import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { ensureDataFolder } from './data-folder.js';
import { EmbeddedConnection } from './embedded-connection.js';
import { FolderLock } from './folder-lock.js';
import { Session, type SessionLimits } from './session.js';

const DEFAULT_LIMITS: SessionLimits = { waitMs: 10_000, idleMs: 30_000 };

/** A development machine's share: the server's defaults would take 128 MB, and a gigabyte of write-ahead log. */
const SETTINGS = ['shared_buffers=8MB', 'max_connections=5', 'max_wal_size=64MB', 'min_wal_size=32MB'];

/**
 * Postgres inside this process (PGlite), its data in a folder, behind the real `pg` driver.
 *
 * Committed data survive the end of the process, also a violent one; `fsync` is off, so that a crash of the whole machine
 * may lose or damage it. All connections share one session: see {@link Session}.
 */
export class EmbeddedPostgres {
  private closing: Promise<void> | null = null;

  private constructor(
    private readonly engine: PGlite,
    private readonly session: Session,
    private readonly lock: FolderLock,
  ) {}

  /**
   * Opens the database in a folder, which is made if it is not there.
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

  /** A pool of connections, which is the caller's to end. */
  createPool(config: pg.PoolConfig = {}): pg.Pool {
    return new pg.Pool({ ...config, ...this.transport });
  }

  /** What TypeORM takes as its `driver`. Ending its pool closes this database too, if `closesWithPool`. */
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

  /** Writes everything to disk and frees the folder. Pools have to be ended before. */
  close(): Promise<void> {
    this.closing ??= this.engine.close().finally(() => this.lock.release());
    return this.closing;
  }

  private get transport(): pg.PoolConfig {
    // Set, so that PGSSLMODE of the environment does not count.
    return { ssl: false, stream: () => new EmbeddedConnection(this.session) };
  }
}
