import { describe, expect, it } from '@jest/globals';
import { type Acceptance, error, ping, pong, type Refusal, useAbusedNode } from '../support/abused-node.js';
import { OPCODE } from '../support/frames.js';
import type { RawSession } from '../support/raw-session.js';
import { VIOLATION_REASONS } from '../support/violation-reasons.js';

const abused = useAbusedNode();
const MORE = { fin: false };

function letters(text: string): string[] {
  return Array.from(text);
}

/** Sends a message in fragments, and calls `between` between them. */
function sendPieces(peer: RawSession, opcode: number, pieces: string[], between: () => void = () => undefined): void {
  pieces.forEach((piece, index) => {
    if (index > 0) between();
    peer.sendFrame(index === 0 ? opcode : OPCODE.continuation, piece, { fin: index === pieces.length - 1 });
  });
}

describe('RFC 6455 5.4, fragmentation: the server accepts', () => {
  it.each<Acceptance>([
    [
      'a text in two fragments (Autobahn 5.3)',
      (peer) => sendPieces(peer, OPCODE.text, ['{"type":"pi', 'ng","timestamp":1}']),
      [pong(1)],
    ],
    ['a text byte by byte (Autobahn 5.5)', (peer) => sendPieces(peer, OPCODE.text, letters(ping(1))), [pong(1)]],
    [
      'empty fragments around the text (Autobahn 6.1.3)',
      (peer) => sendPieces(peer, OPCODE.text, ['', ping(1), '']),
      [pong(1)],
    ],
    [
      'only empty fragments (Autobahn 6.1.2)',
      (peer) => sendPieces(peer, OPCODE.text, ['', '', '']),
      [error('invalid_json')],
    ],
    [
      'a binary message in fragments',
      (peer) => sendPieces(peer, OPCODE.binary, [ping(1).slice(0, 4), ping(1).slice(4)]),
      [error('invalid_json')],
    ],
    [
      'one fragmented message after another',
      (peer) => {
        sendPieces(peer, OPCODE.text, letters(ping(1)));
        sendPieces(peer, OPCODE.text, ['{}', '']);
        peer.sendText(ping(2));
      },
      [pong(1), error('invalid_message'), pong(2)],
    ],
    [
      'pongs between the fragments (Autobahn 5.2 with FIN)',
      (peer) =>
        sendPieces(peer, OPCODE.text, ['{"type":', '"ping","timestamp":1}'], () => peer.sendFrame(OPCODE.pong, 'x')),
      [pong(1)],
    ],
  ])('%s', async (_, behave, answers) => {
    const peer = await abused.open();
    behave(peer);
    expect(await peer.answers()).toEqual(answers);
  });

  it.each([1, 2, 10])(
    // @abuse FRM-10
    '%d pings between fragments, and answers them before the message (Autobahn 5.6-5.8, 5.19)',
    async (count) => {
      const peer = await abused.open();
      sendPieces(peer, OPCODE.text, ['{"type":"ping",', '"timestamp":1', '}'], () => {
        for (let n = 1; n <= count; n += 1) peer.sendFrame(OPCODE.ping, `ping ${n}`);
      });
      expect(await peer.answers()).toEqual([pong(1)]);
      expect(peer.pongs).toHaveLength(2 * count);
      const kinds = peer.frames.slice(1).map(({ opcode }) => opcode);
      expect(kinds.indexOf(OPCODE.text)).toBe(2 * count);
    },
  );

  it('as many fragments as the limit allows, not counting pings between them', async () => {
    const peer = await abused.open();
    const pieces = ['', ...Array.from({ length: 61 }, () => ''), ping('many'), ''];
    expect(pieces).toHaveLength(64);
    let gaps = 0;
    sendPieces(peer, OPCODE.text, pieces, () => {
      gaps += 1;
      if (gaps % 10 === 0) peer.sendFrame(OPCODE.ping, 'x');
    });
    expect(await peer.answers()).toEqual([pong('many')]);
  });

  it('a close between fragments, and drops the message (Autobahn 7.1.5)', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, ping(1), MORE);
    peer.sendFrame(OPCODE.close, Buffer.of(3, 232));
    peer.sendFrame(OPCODE.continuation, '');
    expect(await peer.closed()).toEqual({ code: 1000, reason: '' });
    expect(peer.messages).toEqual([]);
  });
});

describe('RFC 6455 5.4, fragmentation: a client is closed', () => {
  it.each<Refusal>([
    ['a continuation of nothing (Autobahn 5.9)', 1002, (peer) => peer.sendFrame(OPCODE.continuation, '{}')],
    [
      'an unfinished continuation of nothing (Autobahn 5.12)',
      1002,
      (peer) => peer.sendFrame(OPCODE.continuation, '{}', MORE),
    ],
    [
      'a continuation of a finished message (Autobahn 5.15)',
      1002,
      (peer) => {
        sendPieces(peer, OPCODE.text, letters('{}'));
        peer.sendFrame(OPCODE.continuation, '{}');
      },
    ],
    [
      'one fragment too many',
      1008,
      (peer) =>
        sendPieces(
          peer,
          OPCODE.text,
          Array.from({ length: 65 }, () => ''),
        ),
    ],
    ['a ping in fragments (Autobahn 5.1)', 1002, (peer) => sendPieces(peer, OPCODE.ping, ['a', 'b'])],
    ['a pong in fragments (Autobahn 5.2)', 1002, (peer) => sendPieces(peer, OPCODE.pong, ['a', 'b'])],
    ['a close in fragments', 1002, (peer) => sendPieces(peer, OPCODE.close, ['\x03', '\xe8'])],
  ])('for %s with %d', async (_, code, misbehave) => {
    const peer = await abused.open();
    misbehave(peer);
    expect(await peer.closed()).toEqual({ code, reason: VIOLATION_REASONS[code] });
  });

  it.each([
    ['a text', OPCODE.text, true],
    ['a binary message', OPCODE.binary, true],
    ['an unfinished text', OPCODE.text, false],
    // @abuse FRM-09
  ])('for %s inside a fragmented text with 1002 (Autobahn 5.18)', async (_, opcode, fin) => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, 'a', MORE);
    peer.sendFrame(opcode, 'b', { fin });
    expect(await peer.closed()).toEqual({ code: 1002, reason: 'protocol_error' });
    expect(peer.messages).toEqual([]);
  });
});
