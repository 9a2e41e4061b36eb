import { useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys.js';
import type { List } from '../api/api.js';
import type { Member } from '../api/types.js';
import { displayName, type Session, useSession } from '../session/session.js';

/** A user as the page shows them. */
export interface Person {
  userId: string;
  /** The name if it is known, else the email or the id. */
  name: string;
  /** Distinguishes users with the same name; null if the name is the id. */
  detail: string | null;
  isYou: boolean;
}

/** Looks up how to show a user: members by name or email, anyone else by id. */
export function peopleOf(members: readonly Member[], session: Session): (userId: string) => Person {
  const emails = new Map(members.map(({ user_id, email }) => [user_id, email]));
  return (userId) => {
    const isYou = userId === session.userId;
    const email = emails.get(userId) ?? null;
    const name = isYou ? displayName(session) : (session.names.get(userId) ?? email ?? userId);
    const detail = name === email ? userId : (email ?? userId);
    return { userId, name, detail: detail === name ? null : detail, isYou };
  };
}

/** The same across organizations, with all member lists that are in the cache. */
export function usePeopleAnywhere(): (userId: string) => Person {
  const session = useSession();
  const client = useQueryClient();
  return (userId) => {
    const lists = client.getQueriesData<List<Member>>({ queryKey: [keys.members('')[0]] });
    const members = lists.flatMap(([, list]) => list?.items ?? []);
    return peopleOf(members, session)(userId);
  };
}
