import { randomBytes } from 'node:crypto';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** How a frame differs from a valid, unfragmented one. */
export interface FrameOptions {
  fin?: boolean;
  /** The three reserved bits, 0 to 7; 4 is RSV1. */
  rsv?: number;
  masked?: boolean;
  mask?: Uint8Array;
  /** How many bits carry the length; as few as possible by default. */
  lengthBits?: 7 | 16 | 64;
  /** The length in the header, regardless of the payload. */
  claimedLength?: bigint | number;
}

/** A frame sent by the server. */
export interface ServerFrame {
  opcode: number;
  payload: Buffer;
}

/** Builds a WebSocket frame (RFC 6455 section 5.2), masked as clients must; it may break the rules. */
export function encodeFrame(opcode: number, payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, rsv = 0, masked = true, mask = randomBytes(4) } = options;
  const { claimedLength = payload.length, lengthBits = fewestBits(BigInt(claimedLength)) } = options;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const header = Buffer.concat([Buffer.of(first), encodeLength(BigInt(claimedLength), lengthBits)]);
  if (!masked) return Buffer.concat([header, payload]);
  header[1] = 0x80 | (header[1] ?? 0);
  return Buffer.concat([header, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/**
 * Reads the complete frames at the beginning of a server's bytes.
 * @throws unless all are unmasked, without reserved bits and of the shortest length, as RFC 6455 requires
 */
export function readServerFrames(bytes: Buffer): { frames: ServerFrame[]; rest: Buffer } {
  const frames: ServerFrame[] = [];
  let at = 0;
  for (;;) {
    const header = readHeader(bytes.subarray(at));
    if (header === null || at + header.size + header.length > bytes.length) return { frames, rest: bytes.subarray(at) };
    const { opcode, size, length } = header;
    frames.push({ opcode, payload: bytes.subarray(at + size, at + size + length) });
    at += size + length;
  }
}

function readHeader(bytes: Buffer): { opcode: number; size: number; length: number } | null {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return null;
  const bits = second === 127 ? 64 : second === 126 ? 16 : 7;
  const size = 2 + (bits === 7 ? 0 : bits / 8);
  if (bytes.length < size) return null;
  const length = bits === 64 ? bytes.readBigUInt64BE(2) : BigInt(bits === 16 ? bytes.readUInt16BE(2) : second);
  const opcode = first & 0x0f;
  const isGood = (first & 0xf0) === 0x80 && second < 128 && bits === fewestBits(length);
  if (!isGood || !KNOWN_OPCODES.has(opcode))
    throw new Error(`Not a frame of a server: ${bytes.toString('hex', 0, size)}`);
  return { opcode, size, length: Number(length) };
}

/** The opcodes that the server uses; it does not fragment. */
const KNOWN_OPCODES: ReadonlySet<number> = new Set([OPCODE.text, OPCODE.close, OPCODE.ping, OPCODE.pong]);

function fewestBits(length: bigint): 7 | 16 | 64 {
  return length < 126n ? 7 : length < 65_536n ? 16 : 64;
}

function encodeLength(length: bigint, bits: 7 | 16 | 64): Buffer {
  if (bits === 7) return Buffer.of(Number(length));
  const buffer = Buffer.alloc(1 + bits / 8, bits === 16 ? 126 : 127);
  if (bits === 16) buffer.writeUInt16BE(Number(length), 1);
  else buffer.writeBigUInt64BE(length, 1);
  return buffer;
}
