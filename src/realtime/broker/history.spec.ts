import { describe, expect, it } from '@jest/globals';
import type { Publication, History } from './broker.js';
import { newEpoch, NO_TAG } from './cursor.js';
import { missedSince } from './history.js';

const EPOCH = newEpoch();
const tagAt = (offset: number) => (offset === 0 ? NO_TAG : offset.toString(16).padStart(8, 'a'));
const at = (offset: number, epoch = EPOCH) => ({ epoch, offset, tag: tagAt(offset) });

/** A history with the messages from `first` to `last`. */
function history(first: number, last: number): History {
  const offsets = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const publications = offsets.map((offset): Publication => ({
    id: String(offset),
    channel: 'c',
    position: at(offset),
    except: null,
    formerPosition: null,
    publishedAt: offset,
    payload: Buffer.from(''),
  }));
  return { position: at(last), publications };
}

const idsOf = (publications: Publication[] | null) => publications?.map(({ id }) => id) ?? null;

describe('missedSince', () => {
  it.each<[string, History, number, string[]]>([
    ['everything, from the beginning', history(1, 3), 0, ['1', '2', '3']],
    ['what came after a message that is still in history', history(1, 3), 2, ['3']],
    ['nothing, at the newest message', history(1, 3), 3, []],
    ['nothing, at the newest message of a history that has expired', { position: at(3), publications: [] }, 3, []],
    ['nothing, in a channel without messages', { position: at(0), publications: [] }, 0, []],
  ])('finds %s', (_, known, since, missed) => {
    expect(idsOf(missedSince(known, at(since), 10))).toEqual(missed);
  });

  it.each<[string, History, ReturnType<typeof at>]>([
    ['of another epoch', history(1, 3), at(2, newEpoch(1))],
    ['beyond the newest message', history(1, 3), at(4)],
    ['whose message was trimmed', history(2, 5), at(1)],
    ['older than everything that is left', history(5, 9), at(1)],
    ['at the beginning, which was trimmed', history(2, 5), at(0)],
    ['when history has expired', { position: at(3), publications: [] }, at(2)],
    ['whose message was lost and whose offset was given out again', history(1, 3), { ...at(2), tag: 'ffffffff' }],
    ['at the newest offset, which was given out again', history(1, 3), { ...at(3), tag: 'ffffffff' }],
    ['that missed more than the limit', history(1, 11), at(0)],
  ])('returns null for a position %s', (_, known, since) => {
    expect(missedSince(known, since, 10)).toBeNull();
  });
});
