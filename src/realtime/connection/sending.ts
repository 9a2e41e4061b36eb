import type { Writable } from 'node:stream';
import { Injectable } from '@nestjs/common';

/** How many sockets, and how many bytes, are written in one turn of the event loop for each batch: a few milliseconds. */
const [SLICE, SLICE_BYTES] = [256, 2_097_152];
/** Up to this size, frames are copied together; larger ones are cheaper to hand over one by one. */
const JOINED_BYTES = 16_384;

/** Something with bytes to write. */
export interface Sender {
  /** Writes them; returns how many they were. */
  flush(): number;
}

/** The frames that wait for a socket, in their order. Sockets that wait for the same frames share it. */
export class FrameList {
  /** How many frames there are, and their bytes. */
  readonly length: number;
  readonly bytes: number;
  /** The lists that are one frame longer, by that frame; made when first needed. */
  longer: Map<Buffer, FrameList> | null = null;
  private joined: Buffer | null = null;

  constructor(
    readonly before: FrameList | null,
    readonly last: Buffer,
  ) {
    this.length = (before?.length ?? 0) + 1;
    this.bytes = (before?.bytes ?? 0) + last.length;
  }

  /** Writes all frames with one system call. */
  writeTo(sink: Writable): void {
    if (this.before === null) {
      sink.write(this.last);
    } else if (this.bytes <= JOINED_BYTES) {
      this.joined ??= Buffer.concat(framesOf(this), this.bytes);
      sink.write(this.joined);
    } else {
      sink.cork();
      for (const frame of framesOf(this)) sink.write(frame);
      sink.uncork();
    }
  }
}

function framesOf(list: FrameList): Buffer[] {
  const frames: Buffer[] = [];
  for (let each: FrameList | null = list; each !== null; each = each.before) frames.push(each.last);
  return frames.reverse();
}

/** What one turn of the event loop has to write. */
interface Batch {
  senders: Sender[];
  /** How many of them have been called. */
  done: number;
  /** To be called at the end. */
  after: (() => void)[];
}

/**
 * Writes what the connections of a process are sent. A system call costs more than all the work before it, so each socket gets
 * one for all that a turn of the event loop has for it. Handing a frame to a member of a channel only moves the member to the
 * next list, and nearly all members of a channel are at the same one.
 *
 * A large batch is written in slices, beside the batches that came after it, so that neither the event loop nor small channels
 * wait for it. A flush always writes all that waits for a socket: so its frames stay in order, wherever it is queued.
 */
@Injectable()
export class Sending {
  private first = new Map<Buffer, FrameList>();
  private batches: Batch[] = [];
  /** The batch of this turn. */
  private current: Batch | null = null;
  private isScheduled = false;

  /** The list that is one frame longer than another one, or than none. */
  append(list: FrameList | null, frame: Buffer): FrameList {
    const lists = list === null ? this.first : (list.longer ??= new Map<Buffer, FrameList>());
    let longer = lists.get(frame);
    if (longer === undefined) {
      longer = new FrameList(list, frame);
      lists.set(frame, longer);
    }
    return longer;
  }

  /** Has a sender called when its batch is written: usually at the end of this turn of the event loop. */
  enqueue(sender: Sender): void {
    this.current ??= this.begin();
    this.current.senders.push(sender);
  }

  /** Calls back once everything that waits now has been written. */
  whenWritten(run: () => void): void {
    let left = this.batches.length;
    if (left === 0) run();
    for (const { after } of this.batches) {
      after.push(() => {
        left -= 1;
        if (left === 0) run();
      });
    }
  }

  private begin(): Batch {
    const batch: Batch = { senders: [], done: 0, after: [] };
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
    // Frames of later turns start anew: few sockets would share these lists.
    this.first = new Map();
    const due = this.batches;
    this.batches = [];
    try {
      for (const batch of due) writeSlice(batch);
    } finally {
      this.batches = [...due.filter(({ senders, done }) => done < senders.length), ...this.batches];
      if (this.batches.length > 0) this.schedule();
    }
  }
}

function writeSlice(batch: Batch): void {
  const end = Math.min(batch.done + SLICE, batch.senders.length);
  let bytes = 0;
  while (batch.done < end && bytes < SLICE_BYTES) {
    const sender = batch.senders[batch.done];
    batch.done += 1;
    bytes += sender?.flush() ?? 0;
  }
  if (batch.done === batch.senders.length) for (const run of batch.after.splice(0)) run();
}
