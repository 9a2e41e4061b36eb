import { describe, expect, it } from '@jest/globals';
import { ping, pong, type Refusal, useAbusedNode } from '../support/abused-node.js';
import { encodeFrame, OPCODE, type ServerFrame } from '../support/frames.js';
import type { RawSession } from '../support/raw-session.js';
import { VIOLATION_REASONS } from '../support/violation-reasons.js';

/** A ping of this length. */
function pingOf(bytes: number): Buffer {
  return Buffer.from(ping('x'.repeat(bytes - ping('').length)));
}

/** Sends a text in fragments of this size. */
function sendInPieces(peer: RawSession, text: Buffer, size: number): void {
  for (let at = 0; at < text.length; at += size) {
    const opcode = at === 0 ? OPCODE.text : OPCODE.continuation;
    peer.sendFrame(opcode, text.subarray(at, at + size), { fin: at + size >= text.length });
  }
}

describe('RFC 6455 10.4, the largest message', () => {
  const abused = useAbusedNode({ WS_MAX_PAYLOAD_BYTES: '65536' });

  // @abuse FRM-18
  it('is accepted in one frame and in fragments', async () => {
    const peer = await abused.open();
    peer.send(encodeFrame(OPCODE.text, pingOf(65_536)));
    sendInPieces(peer, pingOf(65_536), 30_720);
    const timestamp = expect.stringMatching(/^x{65000,}$/);
    expect(await peer.answers()).toEqual([pong(timestamp), pong(timestamp)]);
  });

  it.each<Refusal>([
    // @abuse FRM-19
    ['plus one byte, in one frame', 1009, (peer) => peer.send(encodeFrame(OPCODE.text, pingOf(65_537)))],
    // @abuse FRM-19
    ['plus one byte, with only the header', 1009, (peer) => peer.sendFrame(OPCODE.text, '', { claimedLength: 65_537 })],
    [
      // @abuse FRM-19
      'plus one byte, in a binary message',
      1009,
      (peer) => peer.sendFrame(OPCODE.binary, '', { claimedLength: 65_537 }),
    ],
    [
      // @abuse FRM-20
      'plus one byte, in three fragments with only the header of the third',
      1009,
      (peer) => {
        peer.sendFrame(OPCODE.text, Buffer.alloc(30_720), { fin: false });
        peer.sendFrame(OPCODE.continuation, Buffer.alloc(30_720), { fin: false });
        peer.sendFrame(OPCODE.continuation, '', { claimedLength: 4_097 });
      },
    ],
  ])('%s, is closed with %d before its payload arrives', async (_, code, misbehave) => {
    const peer = await abused.open();
    misbehave(peer);
    expect(await peer.closed()).toEqual({ code, reason: VIOLATION_REASONS[code] });
    expect(peer.messages).toEqual([]);
  });

  it('is measured for each message separately', async () => {
    const peer = await abused.open();
    for (let count = 0; count < 5; count += 1) sendInPieces(peer, pingOf(40_000), 20_000);
    expect(await peer.answers()).toHaveLength(5);
  });
});

describe('Autobahn section 9, with the limits lifted', () => {
  const abused = useAbusedNode({
    WS_MAX_PAYLOAD_BYTES: '16777216',
    WS_MAX_BUFFERED_BYTES: '67108864',
    WS_RATE_LIMIT_BURST: '100000',
  });
  const KIB = 1_024;

  it.each([
    ['9.1.1', 64 * KIB],
    ['9.1.2', 256 * KIB],
    ['9.1.4', 4_096 * KIB],
    ['9.1.6', 16_384 * KIB],
    // @abuse FRM-47
  ])('the message of case %s, with %d bytes, is answered', async (_, bytes) => {
    const peer = await abused.open();
    peer.send(encodeFrame(OPCODE.text, pingOf(bytes)));
    await peer.client.until('"pong"');
    await peer.until(() => textsOf(peer).length === 2);
    expect(textsOf(peer)[1]?.payload.length).toBe(bytes);
  });

  it.each([
    ['9.3.3', 1_024],
    ['9.3.4', 4_096],
    ['9.3.7', 262_144],
    // @abuse FRM-47
  ])('4 MiB in the fragments of case %s, of %d bytes each, are answered', async (_, size) => {
    const peer = await abused.open();
    sendInPieces(peer, pingOf(4_096 * KIB), size);
    await peer.until(() => textsOf(peer).length === 2);
    expect(textsOf(peer)[1]?.payload.length).toBe(4_096 * KIB);
  });

  // @abuse FRM-47
  it('4 MiB in fragments of 64 bytes, as in cases 9.3.1, 9.3.2, 9.4.1 and 9.4.2, are too many: 1008', async () => {
    const peer = await abused.open();
    sendInPieces(peer, pingOf(4_096 * KIB), 64);
    expect(await peer.closed()).toEqual({ code: 1008, reason: 'too_many_fragments' });
  });

  // @abuse FRM-47
  it('1 MiB in packets of 512 bytes, as in case 9.5.4, is answered', async () => {
    const peer = await abused.open();
    const frame = encodeFrame(OPCODE.text, pingOf(1_024 * KIB));
    for (let at = 0; at < frame.length; at += 512) peer.send(frame.subarray(at, at + 512));
    await peer.until(() => textsOf(peer).length === 2);
    expect(textsOf(peer)[1]?.payload.length).toBe(1_024 * KIB);
  });

  // @abuse FRM-47
  it('1,000 messages of 1 KiB, as in case 9.7.4, are all answered in order', async () => {
    const peer = await abused.open();
    for (let count = 0; count < 1_000; count += 1) peer.sendText(ping(`${count} ${'x'.repeat(1_000)}`));
    const answers = await peer.answers();
    expect(answers.map(({ timestamp }) => Number.parseInt(String(timestamp)))).toEqual(Array.from(answers.keys()));
    expect(answers).toHaveLength(1_000);
  });
});

/** Only the text frames, as a slow test gets the server's pings too. */
function textsOf({ frames }: RawSession): ServerFrame[] {
  return frames.filter(({ opcode }) => opcode === OPCODE.text);
}
