import { describe, expect, it } from '@jest/globals';
import { applyChange, confirms, type InboxChange, type NotificationItem, withItems } from './inbox-change.js';

const AT = '2026-01-01T00:00:00.000Z';
const EARLIER = '2025-01-01T00:00:00.000Z';

function item(id: string, read_at: string | null = null): NotificationItem {
  return { id, title: id, timestamp: AT, read_at };
}

const shown = [item('c'), item('b', EARLIER), item('a')];
const readAtOf = (items: readonly NotificationItem[]): unknown[] => items.map(({ id, read_at }) => [id, read_at]);

describe('a change of the inbox', () => {
  it.each<[string, InboxChange, unknown[]]>([
    [
      'reads one',
      { kind: 'read', ids: ['a'], at: AT },
      [
        ['c', null],
        ['b', EARLIER],
        ['a', AT],
      ],
    ],
    [
      'reads all',
      { kind: 'read_all', upTo: null, at: AT },
      [
        ['c', AT],
        ['b', EARLIER],
        ['a', AT],
      ],
    ],
    [
      'reads all up to one',
      { kind: 'read_all', upTo: 'b', at: AT },
      [
        ['c', null],
        ['b', EARLIER],
        ['a', AT],
      ],
    ],
    [
      'makes unread',
      { kind: 'unread', ids: ['b'] },
      [
        ['c', null],
        ['b', null],
        ['a', null],
      ],
    ],
    ['deletes', { kind: 'deleted', ids: ['a', 'c'] }, [['b', EARLIER]]],
    [
      'adds, in the order of ids',
      { kind: 'arrived', item: item('bb') },
      [
        ['c', null],
        ['bb', null],
        ['b', EARLIER],
        ['a', null],
      ],
    ],
    ['adds nothing that is there', { kind: 'arrived', item: item('b') }, readAtOf(shown)],
  ])('%s, twice like once', (_, change, expected) => {
    const once = applyChange(shown, change);
    expect(readAtOf(once)).toEqual(expected);
    expect(readAtOf(applyChange(once, change))).toEqual(expected);
  });

  it('of the server confirms one that was done here before', () => {
    const read: InboxChange = { kind: 'read', ids: ['b'], at: AT };
    const readUpTo = (upTo: string | null): InboxChange => ({ kind: 'read_all', upTo, at: AT });
    expect(confirms({ kind: 'read', ids: ['b'], at: AT }, read)).toBe(true);
    expect(confirms({ kind: 'read', ids: ['a'], at: AT }, read)).toBe(false);
    expect(confirms(readUpTo('b'), read)).toBe(true);
    expect(confirms(readUpTo('a'), read)).toBe(false);
    expect(confirms(readUpTo('a'), readUpTo('b'))).toBe(false);
    expect(confirms(readUpTo(null), readUpTo('b'))).toBe(true);
    expect(confirms({ kind: 'deleted', ids: ['b'] }, { kind: 'deleted', ids: ['b'] })).toBe(true);
    expect(confirms({ kind: 'deleted', ids: ['b'] }, read)).toBe(false);
  });
});

describe('a page of items', () => {
  it('is merged in the order of ids, each once, as it is known already', () => {
    expect(readAtOf(withItems([item('d'), item('b', AT)], [item('c'), item('b'), item('a')]))).toEqual([
      ['d', null],
      ['c', null],
      ['b', AT],
      ['a', null],
    ]);
  });
});
