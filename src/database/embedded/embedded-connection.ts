import { Duplex } from 'node:stream';
import { SessionError, type Lessee, type Session } from './session.js';
import { fatalError, GREETING, type Request, RequestReader } from './wire.js';

/** Acts as the socket of a `pg` client; its far end is the embedded session. */
export class EmbeddedConnection extends Duplex implements Lessee {
  private readonly reader = new RequestReader();
  /** True when nothing more may be sent. */
  private isOver = false;

  constructor(private readonly session: Session) {
    super();
  }

  /** Called by `pg`, like the following methods of a socket. */
  connect(): this {
    queueMicrotask(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  notify(notifications: Buffer): void {
    this.send(notifications);
  }

  evict(error: SessionError): void {
    this.send(fatalError(error.sqlState, error.message));
    this.send(null);
    this.end();
  }

  override _read(): void {
    // Answers are pushed when they arrive.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.serve(this.reader.push(chunk)).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.isOver = true;
    this.session.leave(this).then(
      () => done(error),
      (failure: unknown) => done(error ?? (failure instanceof Error ? failure : new Error(String(failure)))),
    );
  }

  private async serve(requests: Request[]): Promise<void> {
    for (const request of requests) {
      if (request.kind === 'encryption') this.send(Buffer.from('N'));
      else if (request.kind === 'startup') this.send(GREETING);
      else if (request.kind === 'end') this.send(null);
      else await this.execute(request.bytes);
    }
  }

  private async execute(batch: Buffer): Promise<void> {
    if (this.isOver) return;
    try {
      this.send(await this.session.run(this, batch));
    } catch (error) {
      this.evict(
        error instanceof SessionError ? error : new SessionError('57P01', `The embedded database: ${String(error)}`),
      );
    }
  }

  private send(bytes: Buffer | null): void {
    if (this.isOver) return;
    this.isOver = bytes === null;
    this.push(bytes);
  }
}
