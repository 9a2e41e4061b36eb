import { beforeEach, describe, expect, it } from '@jest/globals';
import { type UserPlace, UserPlaces } from './user-places.js';

describe('UserPlaces', () => {
  let events: string[];
  beforeEach(() => void (events = []));

  const occupant = (name: string) => ({
    dismiss: () => void events.push(`dismiss ${name}`),
    cut: () => void events.push(`cut ${name}`),
  });

  /** Admits connections, one after the other. */
  function fill(places: UserPlaces, userId: string, ...names: string[]): UserPlace[] {
    return names.map((name) => {
      const place = places.claim(userId, occupant(name));
      if (place === null) throw new Error(`No place for ${name}`);
      place.admitted();
      return place;
    });
  }

  describe('with the policy reject', () => {
    // @abuse LIM-01
    it('gives each user as many places as the limit, including connections being admitted', () => {
      const places = new UserPlaces(2, 'reject');
      fill(places, 'alice', 'a');
      const pending = places.claim('alice', occupant('b'));
      expect(places.claim('alice', occupant('c'))).toBeNull();
      pending?.leave();
      pending?.leave();
      fill(places, 'alice', 'd');
      expect(places.claim('alice', occupant('e'))).toBeNull();
      expect(events).toEqual([]);
    });

    it('counts each user separately, whatever the id', () => {
      const places = new UserPlaces(1, 'reject');
      for (const userId of ['alice', 'bob', '__proto__', 'constructor']) fill(places, userId, 'a');
      expect(places.claim('__proto__', occupant('b'))).toBeNull();
    });
  });

  describe('with the policy oldest', () => {
    // @abuse LIM-01
    it('closes the oldest when one more is admitted', () => {
      const places = new UserPlaces(2, 'oldest');
      fill(places, 'alice', 'a', 'b', 'c', 'd');
      expect(events).toEqual(['dismiss a', 'dismiss b']);
    });

    it('closes no connection before the new one is admitted', () => {
      const places = new UserPlaces(1, 'oldest');
      fill(places, 'alice', 'a');
      const refused = places.claim('alice', occupant('b'));
      refused?.leave();
      refused?.admitted();
      expect(events).toEqual([]);
    });

    it('limits the connections being admitted', () => {
      const places = new UserPlaces(2, 'oldest');
      const applying = ['a', 'b', 'c'].map((name) => places.claim('alice', occupant(name)));
      expect(events).toEqual(['dismiss a']);
      for (const place of applying) place?.admitted();
      expect(events).toEqual(['dismiss a']);
    });

    it('cuts off the oldest connections being closed, beyond the limit', () => {
      const places = new UserPlaces(2, 'oldest');
      const [first] = fill(places, 'alice', 'a', 'b', 'c');
      first?.leave();
      fill(places, 'alice', 'd', 'e', 'f');
      expect(events).toEqual(['dismiss a', 'dismiss b', 'dismiss c', 'dismiss d', 'cut b']);
    });

    it('does not affect other users', () => {
      const places = new UserPlaces(1, 'oldest');
      fill(places, 'bob', 'x');
      fill(places, 'alice', 'a', 'b', 'c');
      expect(events).not.toContain('dismiss x');
    });

    it('closes nothing without a limit', () => {
      fill(new UserPlaces(0, 'oldest'), 'alice', 'a', 'b', 'c', 'd', 'e', 'f');
      expect(events).toEqual([]);
    });
  });
});
