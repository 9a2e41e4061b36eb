import { describe, expect, it } from '@jest/globals';
import { ping, pong, useAbusedNode } from '../support/abused-node.js';
import { encodeFrame, OPCODE } from '../support/frames.js';

const abused = useAbusedNode();

describe('RFC 6455 5.1 and 5.3, masking', () => {
  it.each(Object.entries(OPCODE))('requires a %s frame to be masked, or closes with 1002', async (_, opcode) => {
    const peer = await abused.open();
    if (opcode === OPCODE.continuation) peer.sendFrame(OPCODE.text, '{', { fin: false });
    peer.sendFrame(opcode, opcode === OPCODE.close ? Buffer.of(3, 232) : '{}', { masked: false });
    expect(await peer.closed()).toEqual({ code: 1002, reason: 'protocol_error' });
  });

  it('checks the mask before the length', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.text, '', { masked: false, claimedLength: 2n ** 63n });
    expect(await peer.closed()).toEqual({ code: 1002, reason: 'protocol_error' });
  });

  it('accepts any mask, and another one for each frame', async () => {
    const peer = await abused.open();
    const masks = ['00000000', 'ffffffff', '00ff00ff', '01020304', '80000000'];
    for (const mask of masks) peer.sendFrame(OPCODE.text, ping(mask), { mask: Buffer.from(mask, 'hex') });
    expect(await peer.answers()).toEqual(masks.map((mask) => pong(mask)));
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 9])(
    'restarts the mask in each fragment, here after one of %d bytes',
    async (length) => {
      const peer = await abused.open();
      const text = Buffer.from(ping('fragment'));
      const options = { mask: Buffer.from('a1b2c3d4', 'hex') };
      peer.send(
        encodeFrame(OPCODE.text, text.subarray(0, length), { ...options, fin: false }),
        encodeFrame(OPCODE.continuation, text.subarray(length), options),
      );
      expect(await peer.answers()).toEqual([pong('fragment')]);
    },
  );

  it('leaves what the server sends unmasked', async () => {
    const peer = await abused.open();
    peer.sendFrame(OPCODE.ping, 'in the clear');
    await peer.client.until(Buffer.from('\x8a\x0cin the clear', 'latin1'));
    peer.sendFrame(OPCODE.close, Buffer.of(3, 232));
    await peer.client.until(Buffer.of(0x88, 2, 3, 232));
  });
});
