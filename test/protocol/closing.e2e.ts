import { describe, expect, it } from '@jest/globals';
import { ping, pong, type Refusal, useAbusedNode } from '../support/abused-node.js';
import { encodeFrame, OPCODE } from '../support/frames.js';
import { VIOLATION_REASONS } from '../support/violation-reasons.js';

const abused = useAbusedNode();

function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]);
}

describe('RFC 6455 5.5.1 and 7, closing', () => {
  it('answers an empty close with an empty one, and ends the connection (Autobahn 7.3.1)', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.close);
    expect(await peer.closed()).toEqual({ code: null, reason: '' });
  });

  it('first answers what came before the close (Autobahn 7.1.1)', async () => {
    const peer = await abused.open();
    peer.sendText(ping(1));
    peer.sendFrame(OPCODE.close, closePayload(1000));
    expect(await peer.closed()).toEqual({ code: 1000, reason: '' });
    expect(peer.messages).toEqual([pong(1)]);
  });

  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3999, 4000, 4001])(
    'answers the code %d with the same code (Autobahn 7.7)',
    async (code) => {
      const peer = await abused.open();
      peer.sendFrame(OPCODE.close, closePayload(code));
      expect(await peer.closed()).toEqual({ code, reason: '' });
    },
  );

  // @abuse FRM-34
  it.each([3000, 4999])('answers the code %d with the same code (Autobahn 7.7)', async (code) => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.close, closePayload(code, 'as you like'));
    expect(await peer.closed()).toMatchObject({ code });
  });

  it.each([
    ['a reason (Autobahn 7.3.4)', 'Hello, world!'],
    ['the longest reason (Autobahn 7.3.5)', '*'.repeat(123)],
    ['a reason in another script', 'κόσμε 🎉'],
  ])('accepts %s', async (_, reason) => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.close, closePayload(1000, reason));
    expect(await peer.closed()).toMatchObject({ code: 1000 });
  });

  it.each<Refusal>([
    ...[1004, 1005, 1006, 1015].map((code): Refusal => {
      return [
        // @abuse FRM-32
        `the code ${code}, which no frame may carry (Autobahn 7.9)`,
        1002,
        (peer) => peer.sendFrame(OPCODE.close, closePayload(code)),
      ];
    }),
    ...[0, 999, 1016, 1100, 2000, 2999, 5000, 65_535].map((code): Refusal => {
      return [
        // @abuse FRM-33
        `the code ${code}, which is not a valid code (Autobahn 7.9, 7.13)`,
        1002,
        (peer) => peer.sendFrame(OPCODE.close, closePayload(code)),
      ];
    }),
    // @abuse FRM-31
    ['one byte (Autobahn 7.3.2)', 1002, (peer) => peer.sendFrame(OPCODE.close, Buffer.of(3))],
    [
      'a reason that is not UTF-8 (Autobahn 7.5.1)',
      1007,
      (peer) => peer.sendFrame(OPCODE.close, closePayload(1000, Buffer.of(0xce, 0xba, 0xed, 0xa0, 0x80))),
    ],
    [
      'a reason that ends in the middle of a character',
      1007,
      (peer) => peer.sendFrame(OPCODE.close, closePayload(1000, Buffer.of(0xe2, 0x82))),
    ],
  ])('%s is closed with %d', async (_, code, misbehave) => {
    const peer = await abused.open();
    misbehave(peer);
    expect(await peer.closed()).toEqual({ code, reason: VIOLATION_REASONS[code] });
  });

  it.each([
    // @abuse FRM-38
    ['a second close (Autobahn 7.1.2)', 1000],
    // @abuse FRM-38
    ['a second close with another code', 1001],
    // @abuse FRM-38
    ['a second close that is invalid', 1005],
  ])('%s gets no second answer', async (_, second) => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.close, closePayload(1000));
    peer.sendFrame(OPCODE.close, closePayload(second));
    expect(await peer.closed()).toEqual({ code: 1000, reason: '' });
  });

  // @abuse FRM-37
  it('ignores a text, a ping and garbage after the close (Autobahn 7.1.3, 7.1.4)', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.close, closePayload(1000));
    peer.sendText(ping('late'));
    peer.sendFrame(OPCODE.ping, 'late');
    peer.sendFrame(3, 'late');
    expect(await peer.closed()).toEqual({ code: 1000, reason: '' });
    expect([peer.messages, peer.pongs]).toEqual([[], []]);
  });

  // @abuse FRM-37
  it('ignores what follows the close in the same segment', async () => {
    const peer = await abused.open();
    peer.send(encodeFrame(OPCODE.close, closePayload(1000)), encodeFrame(OPCODE.text, Buffer.from(ping('late'))));
    expect(await peer.closed()).toEqual({ code: 1000, reason: '' });
    expect(peer.messages).toEqual([]);
  });

  it('a connection that ends without a close frame leaves nothing behind', async () => {
    const peer = await abused.open();
    peer.client.reset();
    await peer.client.ended();
  });
});
