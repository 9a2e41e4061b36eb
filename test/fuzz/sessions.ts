import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeFrame, OPCODE, readServerFrames } from '../support/frames.js';
import { RawClient } from '../support/raw-client.js';
import { answerOf } from './expected-answer.js';
import { type Property, run } from './property.js';
import type { FuzzTarget } from './target.js';

const MASK = Buffer.of(0x37, 0xfa, 0x21, 0x3d);

/** A session's frames, as a well-behaved client sends them. */
function goodFrames(): Buffer {
  const frame = (opcode: number, payload: string | Buffer, fin = true): Buffer =>
    encodeFrame(opcode, Buffer.from(payload), { fin, mask: MASK });
  return Buffer.concat([
    frame(OPCODE.text, '{"type":"ping","timestamp":"2025-01-15T10:30:00Z"}'),
    frame(OPCODE.ping, 'alive?'),
    frame(OPCODE.text, '{"type":"ping",', false),
    frame(OPCODE.pong, ''),
    frame(OPCODE.continuation, '"timestamp":1736937000}'),
    frame(OPCODE.text, '{"type":"auth"}'),
    frame(OPCODE.text, `{"type":"ping","timestamp":"${'κόσμε '.repeat(40)}"}`),
    frame(OPCODE.close, Buffer.of(3, 232)),
  ]);
}

function goodUpgrade({ token, port }: FuzzTarget): Buffer {
  const lines = [
    'GET /ws/notifications/ HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Authorization: Bearer ${token}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/** @param flips indices of bits, modulo their number */
function flipped(bytes: Buffer, flips: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const flip of flips) {
    const bit = flip % (bytes.length * 8);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  }
  return copy;
}

/**
 * Checks that Herald answered properly: an HTTP refusal, or a welcome, answers and at most one close, as the last frame.
 * @throws if it did not
 */
export function assertAnswered(bytes: Buffer): void {
  // "100 Continue" is not yet an answer.
  const received = bytes.subarray(/^(HTTP\/1\.1 100 [^\r]*\r\n\r\n)*/.exec(bytes.toString('latin1'))?.[0].length);
  // A request that was never completed may get no answer.
  if (received.length === 0) return;
  const end = received.indexOf('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(received.toString('latin1', 0, 64))?.[1]);
  assert.ok(end > 0 && status >= 101 && status < 500, `Answered with ${received.toString('latin1')}`);
  if (status !== 101) return;
  const { frames, rest } = readServerFrames(received.subarray(end + 4));
  assert.equal(rest.length, 0);
  const closeAt = frames.findIndex(({ opcode }) => opcode === OPCODE.close);
  assert.ok(closeAt === -1 || closeAt === frames.length - 1, 'Something came after the close');
  const [welcome, ...answers] = frames
    .filter(({ opcode }) => opcode === OPCODE.text)
    .map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>);
  if (welcome === undefined) assert.ok([4001, 4003, 4029].includes(frames[closeAt]?.payload.readUInt16BE(0) ?? 0));
  else assert.equal(welcome.type, 'connection.established');
  answers.forEach(answerOf);
}

/** A recorded session with some bits flipped harms nobody. */
export const sessions: Property = {
  name: 'mutated sessions',
  check: (target, options) =>
    fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(fc.nat(), { minLength: 1, maxLength: 60 }), (isUpgradeSpared, flips) =>
        run(target, async () => {
          const [upgrade, frames] = [goodUpgrade(target), goodFrames()];
          const client = await RawClient.open(target.port);
          if (isUpgradeSpared) client.send(Buffer.concat([upgrade, flipped(frames, flips)]));
          else client.send(flipped(Buffer.concat([upgrade, frames]), flips));
          client.end();
          await client.ended();
          assertAnswered(client.bytes);
        }),
      ),
      options,
    ),
};
