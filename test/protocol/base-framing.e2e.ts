import { describe, expect, it } from '@jest/globals';
import { error, ping, pong, type Acceptance, type Refusal, useAbusedNode } from '../support/abused-node.js';
import { encodeFrame, OPCODE } from '../support/frames.js';
import { VIOLATION_REASONS } from '../support/violation-reasons.js';

const abused = useAbusedNode({ WS_RATE_LIMIT_BURST: '1000' });

describe('RFC 6455 5.2, base framing: a client is closed', () => {
  it.each<Refusal>([
    ...[3, 4, 5, 6, 7].map((opcode): Refusal => {
      return [`reserved non-control opcode ${opcode} (Autobahn 4.1)`, 1002, (peer) => peer.sendFrame(opcode, 'data')];
    }),
    ...[1, 2, 3, 4, 5, 6, 7].map((rsv): Refusal => {
      return [`text with reserved bits ${rsv} (Autobahn 3.1-3.7)`, 1002, (peer) => peer.sendFrame(1, '{}', { rsv })];
    }),
    ['ping with a reserved bit (Autobahn 3.5)', 1002, (peer) => peer.sendFrame(OPCODE.ping, '', { rsv: 4 })],
    ['close with a reserved bit (Autobahn 3.7)', 1002, (peer) => peer.sendFrame(OPCODE.close, '', { rsv: 1 })],
    [
      'continuation with a reserved bit',
      1002,
      (peer) => {
        peer.sendFrame(OPCODE.text, '{', { fin: false });
        peer.sendFrame(OPCODE.continuation, '}', { rsv: 4 });
      },
    ],
    ['length of 2^53 without a payload', 1009, (peer) => peer.send(header('ff0020000000000000'))],
  ])('for a %s with %d', async (_, code, misbehave) => {
    const peer = await abused.open();
    misbehave(peer);
    expect(await peer.closed()).toEqual({ code, reason: VIOLATION_REASONS[code] });
  });

  it.each([0xb, 0xc, 0xd, 0xe, 0xf])(
    // @abuse FRM-04
    'for the reserved control opcode %d (Autobahn 4.2) with 1002',
    async (opcode) => {
      const peer = await abused.open();
      peer.sendFrame(opcode, 'data');
      expect(await peer.closed()).toEqual({ code: 1002, reason: 'protocol_error' });
    },
  );

  it.each(['ff8000000000000000', 'ff8000000000000001', 'ffffffffffffffffff'])(
    // @abuse FRM-15
    'for a 64-bit length with its top bit set (%s), at once, with 1009',
    async (bytes) => {
      const peer = await abused.open();
      peer.send(header(bytes));
      expect(await peer.closed()).toEqual({ code: 1009, reason: 'message_too_big' });
    },
  );

  it('after answers to what it sent before, and none to what follows (Autobahn 3.2, 4.1.3)', async () => {
    const peer = await abused.open();
    peer.send(
      encodeFrame(OPCODE.text, Buffer.from(ping('before'))),
      encodeFrame(3, Buffer.from('bad')),
      encodeFrame(OPCODE.text, Buffer.from(ping('after'))),
      encodeFrame(OPCODE.ping, Buffer.from('after')),
    );
    expect(await peer.closed()).toMatchObject({ code: 1002 });
    expect(peer.messages).toEqual([pong('before')]);
    expect(peer.pongs).toEqual([]);
  });
});

describe('RFC 6455 5.2, base framing: the server accepts', () => {
  it.each<Acceptance>([
    [
      // @abuse FRM-17
      'lengths in more bits than they need',
      (peer) => {
        peer.sendFrame(OPCODE.text, 'hello', { lengthBits: 16 });
        peer.sendFrame(OPCODE.text, 'hello', { lengthBits: 64 });
        peer.sendFrame(OPCODE.text, 'x'.repeat(200), { lengthBits: 64 });
      },
      [error('invalid_json'), error('invalid_json'), error('invalid_json')],
    ],
    [
      // @abuse FRM-40
      'an empty text and an empty binary message',
      (peer) => {
        peer.sendFrame(OPCODE.text);
        peer.sendFrame(OPCODE.binary);
      },
      [error('invalid_json'), error('invalid_json')],
    ],
    [
      // @abuse FRM-39
      'a binary message, without parsing it',
      (peer) => peer.sendFrame(OPCODE.binary, ping('binary')),
      [error('invalid_json')],
    ],
  ])('%s', async (_, behave, answers) => {
    const peer = await abused.open();
    behave(peer);
    expect(await peer.answers()).toEqual(answers);
  });

  it.each([0, 1, 65, 125, 126, 127, 128, 1_000, 16_300])(
    'a text of %d bytes, and answers it (Autobahn 1.1)',
    async (length) => {
      const peer = await abused.open();
      const text = 'x'.repeat(length);
      peer.sendText(ping(text));
      expect(await peer.answers()).toEqual([pong(text)]);
    },
  );

  it('frames that come byte by byte (Autobahn 1.1.8, 2.6)', async () => {
    const peer = await abused.open();
    const bytes = Buffer.concat([
      encodeFrame(OPCODE.text, Buffer.from(ping('a'))),
      encodeFrame(OPCODE.ping, Buffer.from('b')),
    ]);
    for (const byte of bytes) peer.send(Buffer.of(byte));
    expect(await peer.answers()).toEqual([pong('a')]);
    expect(peer.pongs).toEqual(['b']);
  });

  it('many frames that come at once', async () => {
    const peer = await abused.open();
    const counts = Array.from({ length: 200 }, (_, count) => count);
    peer.send(...counts.map((count) => encodeFrame(OPCODE.text, Buffer.from(ping(count)))));
    expect(await peer.answers()).toEqual(counts.map((count) => pong(count)));
  });
});

describe('RFC 6455 9, extensions: compression', () => {
  const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
  /** `{"type":"ping"}` as compressed by permessage-deflate. */
  const DEFLATED = Buffer.from('aa562aa92c4855b252ca00d1b500', 'hex');

  it('is not negotiated, and the client connects without it', async () => {
    const peer = await abused.open({ headers: OFFER });
    expect((await peer.client.answer()).headers).not.toHaveProperty('sec-websocket-extensions');
    expect(await peer.answers()).toEqual([]);
  });

  it.each([
    // @abuse FRM-41
    ['used without an offer', {}],
    // @abuse FRM-41
    ['used after an offer that was not accepted', OFFER],
  ])('%s is closed with 1002', async (_, headers) => {
    const peer = await abused.open({ headers });
    peer.sendFrame(OPCODE.text, DEFLATED, { rsv: 4 });
    expect(await peer.closed()).toEqual({ code: 1002, reason: 'protocol_error' });
  });

  // @abuse FRM-42
  it('is never inflated, so a bomb is closed with 1002 at its first byte', async () => {
    const peer = await abused.open({ headers: OFFER });
    peer.sendFrame(OPCODE.text, '', { rsv: 4, claimedLength: 60_000 });
    expect(await peer.closed()).toEqual({ code: 1002, reason: 'protocol_error' });
  });
});

/** The header of an unfragmented text frame; `hex` follows its first byte. */
function header(hex: string): Buffer {
  return Buffer.from(`81${hex}`, 'hex');
}
