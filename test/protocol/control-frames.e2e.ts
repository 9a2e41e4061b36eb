import { describe, expect, it } from '@jest/globals';
import { ping, pong, type Refusal, useAbusedNode } from '../support/abused-node.js';
import { encodeFrame, OPCODE } from '../support/frames.js';
import { VIOLATION_REASONS } from '../support/violation-reasons.js';

const abused = useAbusedNode();

describe('RFC 6455 5.5, control frames', () => {
  it.each([
    ['nothing (Autobahn 2.1)', Buffer.alloc(0)],
    ['a text (Autobahn 2.2)', Buffer.from('Hello, world!')],
    ['bytes that are not text (Autobahn 2.3)', Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff)],
    // @abuse FRM-07
    ['125 bytes (Autobahn 2.4)', Buffer.alloc(125, 0xfe)],
  ])('answers a ping that carries %s with the same payload', async (_, payload) => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.ping, payload);
    await peer.until(() => peer.pongs.length > 0);
    const pongs = peer.frames.filter(({ opcode }) => opcode === OPCODE.pong);
    expect(pongs.map((frame) => frame.payload.toString('hex'))).toEqual([payload.toString('hex')]);
  });

  it('answers pings in order (Autobahn 2.10), even if they come byte by byte (Autobahn 2.11)', async () => {
    const peer = await abused.open();
    const payloads = Array.from({ length: 10 }, (_, n) => `payload ${n}`);
    const bytes = Buffer.concat(payloads.map((payload) => encodeFrame(OPCODE.ping, Buffer.from(payload))));
    peer.send(bytes);
    for (const byte of bytes) peer.send(Buffer.of(byte));
    await peer.until(() => peer.pongs.length === 20);
    expect(peer.pongs).toEqual([...payloads, ...payloads]);
  });

  it.each<Refusal>([
    // @abuse FRM-06
    ['a ping of 126 bytes (Autobahn 2.5)', 1002, (peer) => peer.sendFrame(OPCODE.ping, Buffer.alloc(126))],
    [
      // @abuse FRM-06
      'a ping with a length of 125 in 16 bits',
      1002,
      (peer) => peer.sendFrame(OPCODE.ping, Buffer.alloc(125), { lengthBits: 16 }),
    ],
    ['a pong of 126 bytes', 1002, (peer) => peer.sendFrame(OPCODE.pong, Buffer.alloc(126))],
    ['a close of 126 bytes (Autobahn 7.3.6)', 1002, (peer) => peer.sendFrame(OPCODE.close, Buffer.alloc(126, 3))],
    ['a ping with a length of 2^63', 1002, (peer) => peer.sendFrame(OPCODE.ping, '', { claimedLength: 2n ** 63n })],
  ])('%s is closed with %d', async (_, code, misbehave) => {
    const peer = await abused.open();
    misbehave(peer);
    expect(await peer.closed()).toEqual({ code, reason: VIOLATION_REASONS[code] });
  });

  // @abuse FRM-29
  it('ignores an unsolicited pong (Autobahn 2.7, 2.8)', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.pong);
    peer.sendFrame(OPCODE.pong, 'unasked');
    // Autobahn 2.9: it answers the ping that follows.
    peer.sendFrame(OPCODE.ping, 'asked');
    peer.sendText(ping(1));
    expect(await peer.answers()).toEqual([pong(1)]);
    expect(peer.pongs).toEqual(['asked']);
  });
});
