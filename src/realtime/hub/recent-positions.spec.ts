import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { newEpoch, type Position } from '../broker/cursor.js';
import { RecentPositions } from './recent-positions.js';

const EPOCH = newEpoch(1_000);
const at = (offset: number, epoch = EPOCH): Position => ({ epoch, offset, tag: offset.toString(16).padStart(8, '0') });

describe('RecentPositions', () => {
  it('returns the position of each of its messages, and of no other', () => {
    const recent = new RecentPositions(514);
    const ids = Array.from({ length: 514 }, () => randomUUID());
    for (const [index, id] of ids.entries()) recent.set(id, at(index + 1));
    expect(ids.map((id) => recent.get(id))).toEqual(ids.map((_, index) => at(index + 1)));
    for (let n = 0; n < 1_000; n += 1) expect(recent.get(randomUUID())).toBeUndefined();
  });

  it('forgets the oldest beyond its capacity', () => {
    const recent = new RecentPositions(3);
    for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) recent.set(id, at(index));
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => recent.get(id)?.offset)).toEqual([undefined, undefined, 2, 3, 4]);
  });

  it('takes a new position of a message in the place of the old one', () => {
    const recent = new RecentPositions(2);
    recent.set('a', at(1));
    recent.set('b', at(2));
    recent.set('a', at(3, newEpoch(2_000)));
    expect(recent.get('a')).toEqual(at(3, recent.get('a')?.epoch));
    expect(recent.get('b')).toEqual(at(2));
    recent.set('c', at(4));
    expect([recent.get('a'), recent.get('b')?.offset]).toEqual([undefined, 2]);
  });

  it('keeps apart any number of epochs', () => {
    const recent = new RecentPositions(10);
    const epochs = Array.from({ length: 600 }, (_, n) => newEpoch(n));
    for (const [index, epoch] of epochs.entries()) {
      recent.set(`message ${index}`, at(index, epoch));
      expect(recent.get(`message ${index}`)).toEqual(at(index, epoch));
    }
  });
});
