/** The part of Postgres' wire protocol (version 3) needed to share one session between connections. */

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;

/** Client messages that the server answers at once; earlier ones wait for these. */
const ENDS_BATCH: ReadonlySet<string> = new Set(['Q', 'S', 'H', 'F']);

/** Accepts any user: AuthenticationOk, ReadyForQuery. */
export const GREETING: Buffer = Buffer.concat([
  message('R', Buffer.from([0, 0, 0, 0])),
  message('Z', Buffer.from('I')),
]);

/** Ends an unfinished batch and the transaction, in any state of the session. */
export const ROLLBACK: Buffer = Buffer.concat([message('S'), message('Q', cString('ROLLBACK'))]);

/** What a client wants next. */
export type Request = { kind: 'encryption' } | { kind: 'startup' } | { kind: 'end' } | { kind: 'batch'; bytes: Buffer };

/** Splits a client's bytes into requests. */
export class RequestReader {
  private unread: Buffer = Buffer.alloc(0);
  private batch: Buffer[] = [];
  private hasStarted = false;

  push(chunk: Buffer): Request[] {
    this.unread = this.unread.length === 0 ? chunk : Buffer.concat([this.unread, chunk]);
    const requests: Request[] = [];
    for (let next = this.take(); next !== null; next = this.take()) {
      const request = this.hasStarted ? this.addToBatch(next) : this.readStartup(next);
      if (request !== null) requests.push(request);
    }
    return requests;
  }

  /** The next whole message. Those before and including the startup have no type byte. */
  private take(): Buffer | null {
    const header = this.hasStarted ? 1 : 0;
    if (this.unread.length < header + 4) return null;
    const length = header + this.unread.readInt32BE(header);
    if (this.unread.length < length) return null;
    const taken = this.unread.subarray(0, length);
    this.unread = this.unread.subarray(length);
    return taken;
  }

  private readStartup(packet: Buffer): Request {
    const code = packet.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) return { kind: 'encryption' };
    if (code === CANCEL_REQUEST) return { kind: 'end' };
    this.hasStarted = true;
    return { kind: 'startup' };
  }

  private addToBatch(bytes: Buffer): Request | null {
    const type = String.fromCharCode(bytes[0] ?? 0);
    if (type === 'X') return { kind: 'end' };
    this.batch.push(bytes);
    if (!ENDS_BATCH.has(type)) return null;
    const batch = Buffer.concat(this.batch);
    this.batch = [];
    return { kind: 'batch', bytes: batch };
  }
}

/** A server's answer to a batch, parsed. */
export interface Reply {
  /** The answer, without the notifications. */
  bytes: Buffer;
  notifications: Buffer | null;
  /** Idle, in a transaction, or in a failed one; null if the answer doesn't say. */
  status: 'I' | 'T' | 'E' | null;
  /** True if the batch held a LISTEN. */
  hasListened: boolean;
}

/** Separates the notifications, which concern every listening connection, from the answer to one of them. */
export function readReply(bytes: Buffer): Reply {
  const answer: Buffer[] = [];
  const notifications: Buffer[] = [];
  let status: Reply['status'] = null;
  let hasListened = false;
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const part = bytes.subarray(at, end);
    const type = String.fromCharCode(bytes[at] ?? 0);
    if (type === 'A') notifications.push(part);
    else answer.push(part);
    if (type === 'C' && part.toString('latin1', 5) === 'LISTEN\0') hasListened = true;
    if (type === 'Z') status = readStatus(part);
    at = end;
  }
  return {
    bytes: notifications.length === 0 ? bytes : Buffer.concat(answer),
    notifications: notifications.length === 0 ? null : Buffer.concat(notifications),
    status,
    hasListened,
  };
}

/** An ErrorResponse after which the server closes the connection. */
export function fatalError(sqlState: string, text: string): Buffer {
  const fields = [`SFATAL`, `VFATAL`, `C${sqlState}`, `M${text}`].map(cString);
  return message('E', Buffer.concat([...fields, Buffer.from([0])]));
}

function readStatus(readyForQuery: Buffer): Reply['status'] {
  const status = readyForQuery.toString('latin1', 5, 6);
  return status === 'T' || status === 'E' ? status : 'I';
}

function message(type: string, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeInt32BE(payload.length + 4, 1);
  return Buffer.concat([header, payload]);
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}
