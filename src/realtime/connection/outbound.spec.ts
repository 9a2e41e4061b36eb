import { Duplex, Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Position } from '../broker/cursor.js';
import { Outbound } from './outbound.js';
import { Sending } from './sending.js';

const MAX = 1_000;

/** A socket whose peer reads only when the test calls `drain`. */
class StuckSocket extends Duplex {
  private flush: (() => void) | null = null;

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    this.flush = done;
  }

  /** The peer takes everything. */
  async drain(): Promise<void> {
    while (this.writableLength > 0) {
      this.flush?.();
      await new Promise(setImmediate);
    }
  }
}

describe('Outbound', () => {
  let socket: StuckSocket;
  let isTooSlow: boolean;
  let outbound: Outbound;

  beforeEach(() => {
    socket = new StuckSocket();
    isTooSlow = false;
    const recipient = {
      get isOpen() {
        return !isTooSlow;
      },
      onTooSlow: () => (isTooSlow = true),
    };
    outbound = new Outbound(socket, MAX, recipient, new Sending());
  });

  // @abuse SLOW-01
  it('lets no more bytes wait than the limit', () => {
    outbound.goLive();
    for (let n = 0; n < 5; n += 1) outbound.show(Buffer.alloc(200));
    expect([isTooSlow, outbound.bytes]).toEqual([false, MAX]);
    outbound.show(Buffer.alloc(1));
    expect([isTooSlow, outbound.bytes]).toEqual([true, MAX]);
  });

  it('closes nobody who reads, however much one turn has for them', () => {
    const reading = new Writable({ write: (_chunk, _encoding, done) => done() });
    const recipient = { isOpen: true, onTooSlow: () => (isTooSlow = true) };
    outbound = new Outbound(reading, MAX, recipient, new Sending());
    outbound.goLive();
    for (let n = 0; n < 50; n += 1) outbound.show(Buffer.alloc(200));
    outbound.write(Buffer.alloc(MAX));
    expect([isTooSlow, outbound.sent]).toEqual([false, 51]);
  });

  it('counts bytes held back as well as bytes written', () => {
    outbound.send('x'.repeat(498));
    outbound.show(Buffer.alloc(498));
    expect([isTooSlow, outbound.bytes]).toEqual([false, 1_000]);
    outbound.show(Buffer.alloc(1));
    expect(isTooSlow).toBe(true);
    outbound.discard();
    expect(outbound.bytes).toBe(502);
  });

  it('sends a single frame larger than the limit to a client that reads', async () => {
    outbound.goLive();
    for (let n = 0; n < 3; n += 1) {
      outbound.show(Buffer.alloc(5 * MAX));
      outbound.flush();
      await socket.drain();
    }
    expect([isTooSlow, outbound.sent]).toEqual([false, 3]);
    outbound.show(Buffer.alloc(5 * MAX));
    outbound.show(Buffer.alloc(1));
    expect(isTooSlow).toBe(true);
  });

  // @abuse SLOW-04
  it('sends what was missed no faster than the client reads', async () => {
    let replayed = 0;
    const all = (async () => {
      while (replayed < 20 && (await outbound.replay(Buffer.alloc(200)))) replayed += 1;
    })();
    await new Promise(setImmediate);
    expect(replayed).toBe(2);
    for (let round = 0; round < 20; round += 1) await socket.drain();
    await all;
    expect([replayed, isTooSlow]).toEqual([20, false]);
  });

  it('ends the replay when the client disconnects', async () => {
    await outbound.replay(Buffer.alloc(200));
    const second = outbound.replay(Buffer.alloc(400));
    isTooSlow = true;
    socket.destroy();
    expect(await second).toBe(false);
    expect(await outbound.replay(Buffer.alloc(1))).toBe(false);
  });

  describe('when the broker has lost a stream', () => {
    const at = (offset: number, epoch: string): Position => ({ epoch, offset, tag: '' });
    const isOfNew = ({ epoch }: Position): boolean => epoch === '2';
    const deliver = (...offsets: number[]): number => {
      for (const offset of offsets) outbound.deliver(at(offset, '2'), null, Buffer.alloc(1));
      return sent();
    };
    const sent = (): number => {
      outbound.flush();
      return outbound.sent;
    };

    it('sends what the new one holds to a client of the old one', () => {
      outbound.startAt(at(9, '1'));
      outbound.goLive();
      outbound.streamLost(isOfNew);
      expect(deliver(1, 2, 3)).toBe(3);
    });

    it('sends nothing again to a client that joined the new one before the process knew of the loss', () => {
      outbound.startAt(at(2, '2'));
      outbound.goLive();
      outbound.streamLost(isOfNew);
      expect(deliver(1, 2, 3)).toBe(1);
    });

    it('does the same for a client that is still joining', () => {
      outbound.streamLost(isOfNew);
      deliver(1, 2, 3);
      outbound.startAt(at(2, '2'));
      outbound.goLive();
      expect(sent()).toBe(1);
    });

    it('sends nothing again to one that began beyond what the process found of the new one', () => {
      outbound.streamLost(({ epoch, offset }) => epoch === '2' && offset <= 1);
      deliver(2, 3);
      outbound.startAt(at(3, '2'));
      outbound.goLive();
      expect(sent()).toBe(0);
    });

    it('sends what the new one holds to a client that began in the old one, and nothing of that', () => {
      outbound.startAt(at(9, '1'));
      outbound.deliver(at(10, '1'), null, Buffer.alloc(1));
      outbound.show(Buffer.alloc(1));
      outbound.streamLost(isOfNew);
      outbound.deliver(at(1, '2'), at(9, '1'), Buffer.alloc(1));
      deliver(2, 3);
      outbound.goLive();
      expect(sent()).toBe(3);
    });
  });
});
