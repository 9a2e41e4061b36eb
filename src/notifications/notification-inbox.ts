import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Inbox, type JsonObject, type NewNotification, type Stored, type UserType } from '../realtime/index.js';
import { PreferencesService } from './preferences.service.js';

/** Notifications with the same content name it by its number, so that it is sent to Postgres once. */
const INSERT = `
  INSERT INTO notifications (id, user_id, dedupe_key, content)
  SELECT id, user_id, dedupe_key, content
  FROM unnest($1::uuid[], $2::varchar[], $3::text[], $4::bigint[]) WITH ORDINALITY
    AS new (id, user_id, dedupe_key, number, place)
  JOIN unnest($5::text[]) WITH ORDINALITY AS contents (content, number) USING (number)
  ORDER BY place
  ON CONFLICT DO NOTHING RETURNING id`;

/** The existing notification for each place that has one. */
const FIRSTS = `
  SELECT place::int, notifications.id
  FROM unnest($1::varchar[], $2::text[]) WITH ORDINALITY AS asked (user_id, dedupe_key, place)
  JOIN notifications USING (user_id, dedupe_key)`;

const FIND = 'SELECT content FROM notifications WHERE id = $1';

/** The realtime engine's inbox. */
@Injectable()
export class NotificationInbox extends Inbox {
  constructor(private readonly preferences: PreferencesService) {
    super();
  }

  override async store(notifications: readonly NewNotification[], manager: EntityManager): Promise<Stored[]> {
    const outcomes = new Map<NewNotification, Stored>();
    for (const each of await this.mutedOf(notifications, manager)) outcomes.set(each, { outcome: 'muted' });
    let left = notifications.filter((each) => !outcomes.has(each));
    while (left.length > 0) {
      const ids = await insert(left, manager);
      for (const each of left) if (ids.has(each.id)) outcomes.set(each, { outcome: 'stored' });
      const refused = left.filter((each) => !outcomes.has(each));
      for (const [each, first] of await firstsOf(refused, manager)) outcomes.set(each, first);
      // Those whose first one was deleted just now are tried again.
      left = refused.filter((each) => !outcomes.has(each));
    }
    return notifications.flatMap((each) => outcomes.get(each) ?? []);
  }

  override async find(id: string, manager: EntityManager): Promise<JsonObject | null> {
    const [row] = await manager.query<{ content: string }[]>(FIND, [id]);
    return row === undefined ? null : (JSON.parse(row.content) as JsonObject);
  }

  override areMuted(asked: readonly UserType[], manager?: EntityManager): Promise<boolean[]> {
    return this.preferences.areMuted(asked, manager);
  }

  private async mutedOf(notifications: readonly NewNotification[], manager: EntityManager): Promise<NewNotification[]> {
    const typed = notifications.flatMap((own) => {
      const { userId, content } = own;
      return typeof content.type === 'string' ? [{ own, userId, type: content.type }] : [];
    });
    const areMuted = await this.preferences.areMuted(typed, manager);
    return typed.flatMap(({ own }, n) => (areMuted[n] === true ? [own] : []));
  }
}

/** Returns the ids of those that were stored: the first with its user's key, and all without one. */
async function insert(notifications: readonly NewNotification[], manager: EntityManager): Promise<Set<string>> {
  const contents = [...new Set(notifications.map(({ content }) => content))];
  const numbers = new Map(contents.map((content, n) => [content, n + 1]));
  const rows = await manager.query<{ id: string }[]>(INSERT, [
    notifications.map(({ id }) => id),
    notifications.map(({ userId }) => userId),
    notifications.map(({ dedupeKey }) => dedupeKey),
    notifications.map(({ content }) => numbers.get(content)),
    contents.map((content) => JSON.stringify(content)),
  ]);
  return new Set(rows.map(({ id }) => id));
}

async function firstsOf(
  refused: readonly NewNotification[],
  manager: EntityManager,
): Promise<[NewNotification, Stored][]> {
  if (refused.length === 0) return [];
  const rows = await manager.query<{ place: number; id: string }[]>(FIRSTS, [
    refused.map(({ userId }) => userId),
    refused.map(({ dedupeKey }) => dedupeKey),
  ]);
  return rows.flatMap(({ place, id }): [NewNotification, Stored][] => {
    const own = refused[place - 1];
    return own === undefined ? [] : [[own, { outcome: 'repeated', id }]];
  });
}
