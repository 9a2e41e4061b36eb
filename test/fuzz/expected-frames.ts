import { type FrameOptions, OPCODE } from '../support/frames.js';
import { type ExpectedAnswer, expectedAnswerTo } from './expected-answer.js';

export interface SentFrame {
  opcode: number;
  payload: Uint8Array;
  options: FrameOptions;
}

export interface Expectation {
  answers: ExpectedAnswer[];
  /** The payloads of the pongs, as hex. */
  pongs: string[];
  /** The code of the close frame; null if that is empty, undefined if the connection stays open. */
  close?: number | null;
  /** Whether a fragmented message is unfinished. */
  isMidMessage: boolean;
}

const MAX_PAYLOAD = 16_384;

/** What the server does with these frames, according to RFC 6455 and the contract. */
export function expectedOf(frames: readonly SentFrame[]): Expectation {
  const peer = new ModelServer();
  for (const frame of frames) {
    peer.take(frame);
    if (peer.expectation.close !== undefined) break;
  }
  return peer.expectation;
}

class ModelServer {
  readonly expectation: Expectation = { answers: [], pongs: [], isMidMessage: false };
  private kind: number = OPCODE.continuation;
  private pieces: Uint8Array[] = [];

  take(frame: SentFrame): void {
    const { opcode, payload } = frame;
    const fault = this.faultOf(frame);
    if (fault !== null) this.expectation.close = fault;
    else if (opcode === OPCODE.ping) this.expectation.pongs.push(Buffer.from(payload).toString('hex'));
    else if (opcode === OPCODE.close) this.expectation.close = closeAnswer(payload);
    else if (opcode !== OPCODE.pong) this.takePiece(frame);
  }

  private takePiece({ opcode, payload, options: { fin = true } }: SentFrame): void {
    if (opcode !== OPCODE.continuation) this.kind = opcode;
    this.pieces.push(payload);
    this.expectation.isMidMessage = !fin;
    if (!fin) return;
    const text = Buffer.concat(this.pieces);
    this.pieces = [];
    if (this.kind === OPCODE.binary) this.expectation.answers.push({ error: 'invalid_json' });
    else if (isUtf8(text)) this.expectation.answers.push(expectedAnswerTo(text.toString()));
    else this.expectation.close = 1007;
  }

  private faultOf({ opcode, payload, options }: SentFrame): number | null {
    const { fin = true, rsv = 0, masked = true, lengthBits = 7, claimedLength = payload.length } = options;
    const isControl = opcode >= 8;
    const isKnown = Object.values<number>(OPCODE).includes(opcode);
    const isOutOfTurn = !isControl && (opcode === OPCODE.continuation) !== this.expectation.isMidMessage;
    if (rsv !== 0 || !isKnown || isOutOfTurn || !masked) return 1002;
    if (isControl) return !fin || claimedLength > 125 || lengthBits > 7 ? 1002 : null;
    const before = this.pieces.reduce((sum, piece) => sum + piece.length, 0);
    return BigInt(claimedLength) + BigInt(before) > MAX_PAYLOAD ? 1009 : null;
  }
}

function closeAnswer(payload: Uint8Array): number | null {
  if (payload.length === 0) return null;
  if (payload.length === 1) return 1002;
  const code = Buffer.from(payload).readUInt16BE(0);
  const isDefined = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  if (!isDefined && !(code >= 3000 && code <= 4999)) return 1002;
  return isUtf8(payload.subarray(2)) ? code : 1007;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
