import { useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys.js';
import type { List } from '../api/api.js';
import type { Member } from '../api/types.js';
import { displayName, type Session, useSession } from '../session/session.js';

/** Somebody as the page shows them. */
export interface Person {
  userId: string;
  /** The best that is known: a name, an e-mail, or the id. */
  name: string;
  /** What tells two of the same name apart; null if the name is the id. */
  detail: string | null;
  isYou: boolean;
}

/** Knows what to call each of these members, and the id of whoever is none of them. */
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

/** The same for any organization: as far as its members were on show before. */
export function usePeopleAnywhere(): (userId: string) => Person {
  const session = useSession();
  const client = useQueryClient();
  return (userId) => {
    const lists = client.getQueriesData<List<Member>>({ queryKey: [keys.members('')[0]] });
    const members = lists.flatMap(([, list]) => list?.items ?? []);
    return peopleOf(members, session)(userId);
  };
}
