import { describe, expect, it } from '@jest/globals';
import { Receiver } from 'ws';
import { encodeTextFrame } from './frame.js';

/** Reads a frame as a peer does. */
function read(frame: Buffer): string {
  const receiver = new Receiver({ isServer: false });
  let message = '';
  receiver.on('message', (data: Buffer) => (message = data.toString()));
  receiver.write(frame);
  return message;
}

describe('frames', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])(
    'carry %d bytes, with the shortest header that can',
    (length) => {
      const payload = Buffer.alloc(length, 'a');
      const frame = encodeTextFrame(payload);
      expect(read(frame)).toBe(payload.toString());
      expect(frame.length - length).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    },
  );
});
