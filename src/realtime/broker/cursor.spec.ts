import { describe, expect, it } from '@jest/globals';
import { comparePositions, formatCursor, newEpoch, NO_TAG, parseCursor } from './cursor.js';

const EPOCH = newEpoch();

describe('cursor', () => {
  it('parses back to the position it was made from', () => {
    const position = { epoch: EPOCH, offset: 123_456_789_012, tag: 'deadbeef' };
    expect(parseCursor(formatCursor(position))).toEqual(position);
  });

  it('sorts as text along a channel, and from one epoch to the next', () => {
    const positions = [
      { epoch: newEpoch(1_000), offset: 16, tag: 'ffffffff' },
      { epoch: newEpoch(2_000), offset: 0, tag: NO_TAG },
      { epoch: newEpoch(3_000), offset: 15, tag: 'ffffffff' },
      { epoch: newEpoch(4_000), offset: 16 ** 11, tag: '00000001' },
    ];
    expect(positions.map(formatCursor).toSorted()).toEqual(positions.map(formatCursor));
    expect(positions.toReversed().toSorted(comparePositions)).toEqual(positions);
  });

  it.each([
    '',
    'x',
    '1-0',
    `${EPOCH}.1.deadbeef`,
    `${EPOCH}.00000000000g.deadbeef`,
    `${EPOCH}.000000000001.deadbeef\n`,
  ])('is not %p', (text) => {
    expect(parseCursor(text)).toBeNull();
  });
});
