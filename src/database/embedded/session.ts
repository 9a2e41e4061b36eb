import { Logger } from '@nestjs/common';
import type { PGlite } from '@electric-sql/pglite';
import { readReply, ROLLBACK } from './wire.js';

/** A connection that uses the session. */
export interface Lessee {
  /** Receives NOTIFY messages in wire format. */
  notify(notifications: Buffer): void;
  /** Called when its transaction was rolled back: it must tell its client and end. */
  evict(error: SessionError): void;
}

export interface SessionLimits {
  /** How long a connection waits for the session. */
  waitMs: number;
  /** How long a transaction may stay open without a statement. */
  idleMs: number;
}

/** The connection could not get the session, or lost it. */
export class SessionError extends Error {
  override readonly name = 'SessionError';

  constructor(
    readonly sqlState: string,
    message: string,
  ) {
    super(message);
  }
}

interface Waiter {
  lessee: Lessee;
  timer: NodeJS.Timeout;
  take: () => void;
  refuse: (error: SessionError) => void;
}

const ADVICE =
  'The embedded database has one session, which a transaction holds until it ends: inside a transaction use its own ' +
  'EntityManager for every query, wait for nothing else, and always end it.';

/**
 * PGlite's single session, lent to one connection at a time, first come, first served: for a statement, or while its transaction is
 * open.
 *
 * So transactions are serial, and all connections share the state of the session (SET, LISTEN, advisory locks, prepared statements).
 */
export class Session {
  private readonly logger = new Logger('EmbeddedPostgres');
  private readonly listeners = new Set<Lessee>();
  private readonly waiting: Waiter[] = [];
  private holder: Lessee | null = null;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly engine: PGlite,
    private readonly limits: SessionLimits,
  ) {}

  /**
   * Executes one batch of messages when it is the connection's turn.
   * @returns the server's answer
   * @throws {SessionError} if the session did not become free in time
   */
  async run(lessee: Lessee, batch: Buffer): Promise<Buffer> {
    if (this.holder !== lessee) await this.lease(lessee);
    clearTimeout(this.idleTimer);
    try {
      const reply = readReply(await this.execute(batch));
      if (reply.hasListened) this.listeners.add(lessee);
      if (reply.notifications !== null) for (const listener of this.listeners) listener.notify(reply.notifications);
      if (reply.status === 'I') this.pass(lessee);
      else this.watch(lessee);
      return reply.bytes;
    } catch (error) {
      this.pass(lessee);
      throw error;
    }
  }

  /** Ends a connection's use of the session, and rolls back its open transaction. */
  async leave(lessee: Lessee): Promise<void> {
    this.listeners.delete(lessee);
    const waiter = this.waiting.find((each) => each.lessee === lessee);
    if (waiter !== undefined) {
      this.dequeue(waiter);
      waiter.refuse(new SessionError('08003', 'The connection was closed'));
    }
    if (this.holder !== lessee) return;
    try {
      await this.execute(ROLLBACK);
    } finally {
      this.pass(lessee);
    }
  }

  private async execute(batch: Buffer): Promise<Buffer> {
    const chunks: Buffer[] = [];
    // Not execProtocolRaw(): it also parses every answer, and keeps the parsed messages forever.
    await this.engine.execProtocolRawStream(batch, { onRawData: (data) => chunks.push(Buffer.from(data)) });
    return Buffer.concat(chunks);
  }

  private lease(lessee: Lessee): Promise<void> {
    if (this.holder === null) {
      this.holder = lessee;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.dequeue(waiter);
        reject(this.error('57P03', `A query waited ${this.limits.waitMs} ms for another connection's transaction.`));
      }, this.limits.waitMs);
      const waiter: Waiter = { lessee, timer, take: resolve, refuse: reject };
      this.waiting.push(waiter);
    });
  }

  private pass(lessee: Lessee): void {
    // The connection ended during an execution, which already passed the session on.
    if (this.holder !== lessee) return;
    clearTimeout(this.idleTimer);
    const next = this.waiting[0];
    this.holder = next?.lessee ?? null;
    if (next === undefined) return;
    this.dequeue(next);
    next.take();
  }

  private dequeue(waiter: Waiter): void {
    clearTimeout(waiter.timer);
    this.waiting.splice(this.waiting.indexOf(waiter), 1);
  }

  private watch(lessee: Lessee): void {
    if (this.holder !== lessee) return;
    this.idleTimer = setTimeout(() => {
      lessee.evict(this.error('25P03', `A transaction was open for ${this.limits.idleMs} ms without a query.`));
    }, this.limits.idleMs);
  }

  private error(sqlState: string, what: string): SessionError {
    const error = new SessionError(sqlState, `${what} ${ADVICE}`);
    // Clients often see only that the connection ended, so log the reason.
    this.logger.error(error.message);
    return error;
  }
}
