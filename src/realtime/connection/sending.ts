import { Injectable } from '@nestjs/common';

/** How many sockets, and how many bytes, are written in one turn of the event loop for each batch: some milliseconds. */
const [SLICE, SLICE_BYTES] = [256, 2_097_152];

/** Has something to be written. */
export interface Sender {
  /** Writes it; returns how many bytes that were. */
  flush(): number;
}

/** What waits for a socket: a frame, after those of the row before. */
export class Row {
  /** How many frames are in it and the rows before it, and their bytes. */
  readonly frames: number;
  readonly bytes: number;
  /** The rows that are one frame longer, by that frame; made when first needed. */
  next: Map<Buffer, Row> | null = null;
  private joined: Buffer | null = null;

  constructor(
    readonly before: Row | null,
    readonly frame: Buffer,
  ) {
    this.frames = (before?.frames ?? 0) + 1;
    this.bytes = (before?.bytes ?? 0) + frame.length;
  }

  /** All its frames, put together once for all sockets that wait for the same. */
  get buffer(): Buffer {
    this.joined ??= this.before === null ? this.frame : join(this);
    return this.joined;
  }
}

function join(last: Row): Buffer {
  const frames: Buffer[] = [];
  for (let row: Row | null = last; row !== null; row = row.before) frames.push(row.frame);
  return Buffer.concat(frames.reverse(), last.bytes);
}

interface Batch {
  senders: Sender[];
  /** How many of them have been called. */
  done: number;
}

/**
 * Writes what the connections of a process are sent: all that one turn of the event loop has for a socket in one system call,
 * which costs more than everything before it. Handing a frame to a member of a channel only moves the member to the next row,
 * and nearly all members of a channel are in the same row.
 *
 * A large batch is written in slices, beside the batches that came after it: neither the event loop nor small channels wait
 * for it. A socket is in one batch only, so its frames stay in order.
 */
@Injectable()
export class Sending {
  private first = new Map<Buffer, Row>();
  private batches: Batch[] = [];
  /** The batch of this turn. */
  private current: Batch | null = null;
  private isScheduled = false;

  /** The row after another one, or after none. */
  after(row: Row | null, frame: Buffer): Row {
    const rows = row === null ? this.first : (row.next ??= new Map<Buffer, Row>());
    let next = rows.get(frame);
    if (next === undefined) {
      next = new Row(row, frame);
      rows.set(frame, next);
    }
    return next;
  }

  /** Has a sender called after everything else that this turn of the event loop has to do. */
  soon(sender: Sender): void {
    this.current ??= this.begin();
    this.current.senders.push(sender);
  }

  /** Calls back once everything that waits now has been written. */
  whenWritten(run: () => void): void {
    let left = this.batches.length;
    const last = (): number => {
      left -= 1;
      if (left === 0) run();
      return 0;
    };
    if (left === 0) run();
    else for (const { senders } of this.batches) senders.push({ flush: last });
  }

  private begin(): Batch {
    const batch: Batch = { senders: [], done: 0 };
    this.batches.push(batch);
    this.schedule();
    return batch;
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => this.write());
  }

  private write(): void {
    this.isScheduled = false;
    this.current = null;
    // Who is handed a frame from now on seldom shares it with those who were.
    this.first = new Map();
    for (const batch of this.batches) writeSlice(batch);
    this.batches = this.batches.filter(({ senders, done }) => done < senders.length);
    if (this.batches.length > 0) this.schedule();
  }
}

function writeSlice(batch: Batch): void {
  const end = Math.min(batch.done + SLICE, batch.senders.length);
  for (let bytes = 0; batch.done < end && bytes < SLICE_BYTES; batch.done += 1) {
    bytes += batch.senders[batch.done]?.flush() ?? 0;
  }
}
