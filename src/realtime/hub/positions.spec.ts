import { describe, expect, it } from '@jest/globals';
import type { History } from '../broker/broker.js';
import type { Position } from '../broker/cursor.js';
import { isWithin } from './positions.js';

const at = (offset: number, tag: string, epoch = 'e'): Position => ({ epoch, offset, tag });

function historyOf(...positions: Position[]): History {
  const publications = positions.map((position) => ({ position }) as History['publications'][number]);
  return { position: positions.at(-1) ?? at(0, ''), publications };
}

describe('a client’s position in the stream that the broker has now', () => {
  it('is within a new epoch, if it is of that epoch', () => {
    const history = historyOf(at(7, 'a', 'new'));
    expect(isWithin(history, at(2, 'x', 'new'), true)).toBe(true);
    expect(isWithin(history, at(7, 'a', 'old'), true)).toBe(false);
  });

  it('is not within one whose offsets are used again, unless it is of a message there', () => {
    const history = historyOf(at(6, 'a'), at(7, 'b'));
    expect(isWithin(history, at(7, 'b'), false)).toBe(true);
    expect(isWithin(history, at(6, 'a'), false)).toBe(true);
    expect(isWithin(history, at(7, 'lost'), false)).toBe(false);
    expect(isWithin(history, at(9, 'lost'), false)).toBe(false);
  });
});
