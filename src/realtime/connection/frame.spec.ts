import { describe, expect, it } from '@jest/globals';
import { encodeTextFrame } from './frame.js';

/** Reads the header as RFC 6455 section 5.2 draws it. */
function readHeader(frame: Buffer): { first: number; length: number; headerLength: number } {
  const [first = 0, second = 0] = frame;
  if (second === 126) return { first, length: frame.readUInt16BE(2), headerLength: 4 };
  if (second === 127) return { first, length: Number(frame.readBigUInt64BE(2)), headerLength: 10 };
  return { first, length: second, headerLength: 2 };
}

describe('encodeTextFrame', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])(
    'encodes %d bytes with the shortest possible header',
    (length) => {
      const payload = Buffer.alloc(length, 'a');
      const frame = encodeTextFrame(payload);
      const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
      expect(readHeader(frame)).toEqual({ first: 0x81, length, headerLength });
      expect(frame.subarray(headerLength).equals(payload)).toBe(true);
    },
  );
});
