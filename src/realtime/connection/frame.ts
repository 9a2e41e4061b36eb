/** First bytes of unfragmented frames. */
const TEXT = 0x81;
const PONG = 0x8a;

/**
 * Encodes a payload as one unfragmented, unmasked text frame (RFC 6455 section 5.2), header and payload in one buffer.
 * It is encoded once per publication, and every member gets the same bytes.
 */
export function encodeTextFrame(payload: Buffer): Buffer {
  return encodeFrame(TEXT, payload);
}

/** Encodes the pong to a protocol ping, with the same payload (RFC 6455 section 5.5.3). */
export function encodePongFrame(payload: Buffer): Buffer {
  return encodeFrame(PONG, payload);
}

function encodeFrame(firstByte: number, payload: Buffer): Buffer {
  const length = payload.length;
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = firstByte;
  if (headerLength === 2) {
    frame[1] = length;
  } else if (headerLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  payload.copy(frame, headerLength);
  return frame;
}
