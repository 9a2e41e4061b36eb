import { describe, expect, it } from '@jest/globals';
import { pong, useAbusedNode } from '../support/abused-node.js';
import { encodeFrame, OPCODE } from '../support/frames.js';

const abused = useAbusedNode();

/** Texts as bytes, from the cases of Autobahn. */
const VALID: [number: string, hex: string][] = [
  ['6.5', 'cebae1bdb9cf83cebcceb5'],
  ['6.7.1', '7f'],
  ['6.7.2', 'c280'],
  ['6.7.3', 'e0a080'],
  ['6.7.4', 'f0908080'],
  ['6.9.2', 'dfbf'],
  ['6.9.3', 'efbfbf'],
  ['6.9.4', 'f48fbfbf'],
  ['6.11.1', 'ed9fbf'],
  ['6.11.2', 'ee8080'],
  ['6.11.3', 'efbfbd'],
  ['6.22, noncharacters', 'efbfbeefbfbff09fbfbef09fbfbff0afbfbef3bfbfbff48fbfbe'],
  ['6.23, specials', 'efbfb9efbfbaefbfbbefbfbcefbfbd'],
  ['6.22, the byte order mark inside', '61efbbbf62'],
];

const INVALID: [number: string, hex: string][] = [
  ['6.3.1, a surrogate in the middle', 'cebae1bdb9cf83cebcceb5eda080656469746564'],
  ['6.6.1, a truncated first character', 'ce'],
  ['6.6.4, a truncated second character', 'cebae1bd'],
  ['6.6.11, a truncated last character', 'cebae1bdb9cf83cebcce'],
  ['6.8.1, five bytes', 'f888808080'],
  ['6.8.2, six bytes', 'fc8480808080'],
  ['6.10.1, beyond the last character', 'f7bfbfbf'],
  ['6.10.2', 'fbbfbfbfbf'],
  ['6.10.3', 'fdbfbfbfbfbf'],
  ['6.11.5, one beyond the last character', 'f4908080'],
  ['6.12.1, a single continuation byte', '80'],
  ['6.12.2', 'bf'],
  ['6.12.8', '80bf80bf80bfbf'],
  ['6.13.1, single first bytes', 'c020c120df20'],
  ['6.13.2', 'e020ef20'],
  ['6.13.3', 'f020f720'],
  ['6.13.4', 'f820fb20'],
  ['6.13.5', 'fc20fd20'],
  ['6.14.1, without the last byte', 'df'],
  ['6.14.2', 'e080'],
  ['6.14.3', 'f08080'],
  ['6.14.6', 'efbf'],
  ['6.15, several of those', 'c0e080f08080f8808080'],
  ['6.16.1, impossible bytes', 'fe'],
  ['6.16.2', 'ff'],
  ['6.16.3', 'fefeffff'],
  ['6.17.1, an overlong slash', 'c0af'],
  ['6.17.2', 'e080af'],
  ['6.17.3', 'f08080af'],
  ['6.17.4', 'f8808080af'],
  ['6.17.5', 'fc80808080af'],
  ['6.18.1, the largest overlong', 'c1bf'],
  ['6.18.2', 'e09fbf'],
  ['6.18.3', 'f08fbfbf'],
  ['6.19.1, an overlong NUL', 'c080'],
  ['6.19.2', 'e08080'],
  ['6.19.3', 'f0808080'],
  ['6.20.1, single surrogates', 'eda080'],
  ['6.20.4', 'edafbf'],
  ['6.20.5', 'edb080'],
  ['6.20.7', 'edbfbf'],
  ['6.21.1, a pair of surrogates (CESU-8)', 'eda080edb080'],
  ['6.21.8', 'edafbfedbfbf'],
];

/** A ping whose timestamp has these bytes. */
function pingOf(hex: string): Buffer {
  return Buffer.concat([Buffer.from('{"type":"ping","timestamp":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')]);
}

describe('RFC 6455 8.1, UTF-8', () => {
  it.each(VALID)('accepts and returns the text of Autobahn %s', async (_, hex) => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, pingOf(hex));
    expect(await peer.answers()).toEqual([pong(Buffer.from(hex, 'hex').toString())]);
  });

  it.each(INVALID)('closes the text of Autobahn %s with 1007', async (_, hex) => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, pingOf(hex));
    expect(await peer.closed()).toEqual({ code: 1007, reason: 'invalid_utf8' });
    expect(peer.messages).toEqual([]);
  });

  it('closes a text that is only the beginning of a character with 1007', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, Buffer.of(0xf0));
    expect(await peer.closed()).toEqual({ code: 1007, reason: 'invalid_utf8' });
  });

  it.each([1, 2, 3])(
    // @abuse FRM-13
    'accepts a four-byte character split between fragments after byte %d (Autobahn 6.2)',
    async (at) => {
      const peer = await abused.open();
      const bytes = pingOf('f09f8e89');
      const cut = bytes.indexOf(0xf0) + at;
      peer.send(
        encodeFrame(OPCODE.text, bytes.subarray(0, cut), { fin: false }),
        encodeFrame(OPCODE.continuation, bytes.subarray(cut)),
      );
      expect(await peer.answers()).toEqual([pong('🎉')]);
    },
  );

  // @abuse FRM-13
  it('accepts E2 82 and AC in two fragments', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, Buffer.from('7b2274797065223a2270696e67222c2274696d657374616d70223a22e282', 'hex'), {
      fin: false,
    });
    peer.sendFrame(OPCODE.continuation, Buffer.from('ac227d', 'hex'));
    expect(await peer.answers()).toEqual([pong('€')]);
  });

  it('checks a text as a whole, after its last fragment (Autobahn 6.4, non-strict)', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, Buffer.of(0xf4, 0x90, 0x80, 0x80), { fin: false });
    peer.sendFrame(OPCODE.ping, 'still there');
    await peer.until(() => peer.pongs.includes('still there'));
    peer.sendFrame(OPCODE.continuation, 'end');
    expect(await peer.closed()).toEqual({ code: 1007, reason: 'invalid_utf8' });
  });

  it('does not check a binary message, a ping or a pong', async () => {
    const peer = await abused.open();
    for (const opcode of [OPCODE.binary, OPCODE.ping, OPCODE.pong]) peer.sendFrame(opcode, Buffer.of(0xff, 0xfe, 0xc0));
    expect(await peer.answers()).toEqual([expect.objectContaining({ code: 'invalid_json' })]);
  });
});
