import { describe, expect, it } from '@jest/globals';
import { ping, pong, useAbusedNode } from '../support/abused-node.js';
import { encodeFrame, OPCODE } from '../support/frames.js';
import type { RawSession } from '../support/raw-session.js';

/** Answers this many of the server's pings. */
async function answerPings(peer: RawSession, count: number): Promise<void> {
  const pings = (): number => peer.frames.filter(({ opcode }) => opcode === OPCODE.ping).length;
  for (let answered = 0; answered < count; answered += 1) {
    await peer.until(() => pings() > answered);
    peer.sendFrame(OPCODE.pong);
  }
}

describe('A message that is never finished', () => {
  const abused = useAbusedNode({ WS_HEARTBEAT_INTERVAL_MS: '300' });

  it.each([
    ['half a frame', encodeFrame(OPCODE.text, Buffer.alloc(5_000), { claimedLength: 10_000 })],
    ['half a header', Buffer.of(0x81)],
    ['half a length', Buffer.of(0x81, 0xfe, 0x10)],
    ['a header without its mask', Buffer.of(0x81, 0x85)],
    [
      'half a frame after a fragment',
      Buffer.concat([encodeFrame(OPCODE.text, Buffer.from('{'), { fin: false }), Buffer.of(0x80, 0xfe)]),
    ],
    // @abuse FRM-25
  ])('%s is not a sign of life: the heartbeat drops the connection', async (_, bytes) => {
    const peer = await abused.open();
    peer.send(bytes);
    await peer.client.ended();
    expect(peer.closes).toEqual([]);
  });

  // @abuse FRM-25
  it('a frame that grows byte by byte, with the bytes of pongs in its payload, is not a sign of life either', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, 'x'.repeat(5_000), { claimedLength: 10_000 });
    await expect(answerPings(peer, 10)).rejects.toThrow('The connection ended');
    expect(peer.closes).toEqual([]);
  });

  // @abuse FRM-25
  it('pongs between fragments are signs of life, and the fragments are limited to one message', async () => {
    const peer = await abused.open();
    const text = Buffer.from(ping('at last'));
    peer.sendFrame(OPCODE.text, text.subarray(0, 5), { fin: false });
    await answerPings(peer, 5);
    peer.sendFrame(OPCODE.continuation, text.subarray(5));
    expect(await peer.answers()).toEqual([pong('at last')]);
    peer.sendFrame(OPCODE.text, 'x', { fin: false });
    await answerPings(peer, 10);
    peer.sendFrame(OPCODE.continuation, 'x'.repeat(16_384));
    expect(await peer.closed()).toEqual({ code: 1009, reason: 'message_too_big' });
  });
});
