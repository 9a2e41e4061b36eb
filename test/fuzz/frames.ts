import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeFrame, type FrameOptions, OPCODE } from '../support/frames.js';
import type { RawSession } from '../support/raw-session.js';
import { clientText } from './client-text.js';
import { answerOf, expectedAnswerTo } from './expected-answer.js';
import { expectedOf, type SentFrame } from './expected-frames.js';
import { type Property, run } from './property.js';

const mask = fc.uint8Array({ minLength: 4, maxLength: 4 });
const opcode = fc.constantFrom(...Object.values(OPCODE));
const bytes = fc.uint8Array({ maxLength: 200 });
/** Messages that don't close the connection. */
const text = clientText.filter((each) => !('close' in expectedAnswerTo(each))).map((each) => Buffer.from(each));

function frame(
  opcode: fc.Arbitrary<number>,
  payload: fc.Arbitrary<Uint8Array>,
  options: fc.Arbitrary<FrameOptions>,
): fc.Arbitrary<SentFrame[]> {
  return fc
    .tuple(opcode, payload, options, mask)
    .map(([opcode, payload, options, mask]) => [{ opcode, payload, options: { ...options, mask } }]);
}

/** A message in fragments, with control frames between them. */
const fragmented: fc.Arbitrary<SentFrame[]> = fc
  .tuple(
    fc.constantFrom(OPCODE.text, OPCODE.binary),
    text,
    fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
    bytes,
    mask,
  )
  .map(([opcode, text, cuts, control, mask]) => {
    const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
    return places.slice(1).flatMap((end, index): SentFrame[] => {
      const fin = index === places.length - 2;
      const piece = {
        opcode: index === 0 ? opcode : OPCODE.continuation,
        payload: text.subarray(places[index], end),
        options: { fin, mask },
      };
      return fin
        ? [piece]
        : [
            piece,
            {
              opcode: index % 2 === 0 ? OPCODE.ping : OPCODE.pong,
              payload: control.subarray(0, 125),
              options: { mask },
            },
          ];
    });
  });

const closeCode = fc.oneof(
  fc.nat({ max: 65_535 }),
  fc.integer({ min: 990, max: 1020 }),
  fc.constantFrom(3000, 4999, 5000),
);
const closePayload = fc
  .tuple(
    closeCode,
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }).map((reason) => Buffer.from(reason)),
      fc.uint8Array({ maxLength: 10 }),
    ),
  )
  .map(([code, reason]) => Buffer.concat([Buffer.of(code >> 8, code & 0xff), reason]));

/** Mostly valid frames, so that the connection lasts. */
const someFrames: fc.Arbitrary<SentFrame[]> = fc.oneof(
  { weight: 12, arbitrary: frame(fc.constant(OPCODE.text), text, fc.constantFrom({}, { lengthBits: 64 as const })) },
  { weight: 6, arbitrary: fragmented },
  {
    weight: 4,
    arbitrary: frame(fc.constantFrom(OPCODE.ping, OPCODE.pong), fc.uint8Array({ maxLength: 125 }), fc.constant({})),
  },
  { weight: 2, arbitrary: frame(fc.constant(OPCODE.binary), bytes, fc.constant({})) },
  { weight: 1, arbitrary: frame(opcode, bytes, fc.record({ fin: fc.boolean() })) },
  {
    weight: 1,
    arbitrary: frame(
      fc.constant(OPCODE.close),
      fc.oneof(closePayload, fc.uint8Array({ maxLength: 1 })),
      fc.constant({}),
    ),
  },
  {
    weight: 1,
    arbitrary: frame(
      fc.nat({ max: 15 }),
      bytes,
      fc.record({ fin: fc.boolean(), rsv: fc.nat({ max: 7 }), masked: fc.boolean() }),
    ),
  },
  {
    weight: 1,
    arbitrary: frame(
      fc.constantFrom(OPCODE.text, OPCODE.binary),
      fc.constant(new Uint8Array()),
      fc.record({ claimedLength: fc.bigInt({ min: 16_385n, max: 2n ** 64n - 1n }) }),
    ),
  },
);

/** Sends the bytes in packets, cut at these places. */
function sendCut(peer: RawSession, all: Buffer, cuts: number[]): void {
  const places = [0, ...cuts.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b), all.length];
  for (const [index, end] of places.slice(1).entries()) peer.send(all.subarray(places[index], end));
}

/** Any frames, in packets cut anywhere, get the answers or the close that RFC 6455 requires. */
export const frames: Property = {
  name: 'frames',
  check: (target, options) =>
    fc.assert(
      fc.asyncProperty(
        fc.array(someFrames, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        (groups, cuts) =>
          run(target, async () => {
            const sent = groups.flat();
            const expected = expectedOf(sent);
            const peer = await target.open();
            try {
              sendCut(
                peer,
                Buffer.concat(sent.map(({ opcode, payload, options }) => encodeFrame(opcode, payload, options))),
                cuts,
              );
              if (expected.close !== undefined) {
                assert.equal((await peer.closed()).code, expected.close);
              } else {
                peer.sendFrame(OPCODE.ping, 'the end');
                await peer.until(() => peer.pongs.includes('the end'));
                expected.pongs.push(Buffer.from('the end').toString('hex'));
              }
              const pongs = peer.frames.filter(({ opcode }) => opcode === OPCODE.pong);
              assert.deepEqual(
                pongs.map(({ payload }) => payload.toString('hex')),
                expected.pongs,
              );
              assert.deepEqual(peer.messages.map(answerOf), expected.answers);
            } finally {
              peer.drop();
            }
          }),
      ),
      options,
    ),
};
