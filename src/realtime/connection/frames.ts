import { cursorOf } from '../broker/cursor-field.js';
import { encodeTextFrame } from './frame.js';
import type { TransportKind } from './transport.js';

const ENCODERS: Readonly<Record<TransportKind, (payload: Buffer) => Buffer>> = {
  websocket: encodeTextFrame,
  sse: encodeEvent,
};

/** A message as it is sent: encoded once for each transport, whatever the number of its members. */
export class Frames {
  private readonly encoded: Partial<Record<TransportKind, Buffer>> = {};

  /** @param payload the JSON of an object */
  constructor(private readonly payload: Buffer) {}

  static of(text: string): Frames {
    return new Frames(Buffer.from(text));
  }

  for(transport: TransportKind): Buffer {
    return (this.encoded[transport] ??= ENCODERS[transport](this.payload));
  }
}

/** An event of a stream: one `data:` line, after its cursor as the `id:` by which browsers resume. */
function encodeEvent(payload: Buffer): Buffer {
  const text = payload.toString();
  const cursor = cursorOf(text);
  // Between the values of JSON a line break is a blank; within texts it is escaped.
  const data = `data: ${text.replace(/[\r\n]+/g, ' ')}\n\n`;
  return Buffer.from(cursor === null ? data : `id: ${cursor}\n${data}`);
}
