import type { EntityManager } from 'typeorm';
import { findMentions, meantNames } from './mention.js';

/** Compares ids exactly and e-mails in any letter case; each uses an index. */
const MEMBERS_OF_NAMES = `
  SELECT given.name, member.user_id, true AS is_id
  FROM unnest($2::text[]) given (name)
  JOIN memberships member ON member.org_id = $1 AND member.user_id = given.name
  UNION ALL
  SELECT given.name, member.user_id, false
  FROM unnest($3::text[]) given (name)
  JOIN users ON lower(users.email) = lower(given.name)
  JOIN memberships member ON member.org_id = $1 AND member.user_id = users.id
  ORDER BY user_id`;

interface NamedMember {
  name: string;
  user_id: string;
  is_id: boolean;
}

/**
 * The ids of the organization's members that a text mentions by id or e-mail, without duplicates. If a name is one member's id and
 * another's e-mail, it means the id; an e-mail that members share means all of them. Names also match in other Unicode normal forms,
 * as keyboards compose accents differently; the form as typed takes precedence.
 */
export async function mentionedMembers(orgId: string, text: string, manager: EntityManager): Promise<Set<string>> {
  const mentions = findMentions(text);
  const names = [...new Set(mentions.flatMap((mention) => mention.names))];
  if (names.length === 0) return new Set();
  const forms = typedByForm(names);
  const emails = [...forms.keys()].filter((name) => name.includes('@') && !/\s/.test(name));
  const found = await manager.query<NamedMember[]>(MEMBERS_OF_NAMES, [orgId, [...forms.keys()], emails]);
  const members = found.map((member) => ({ ...member, name: forms.get(member.name) ?? member.name }));
  const known = new Set(members.map(({ name }) => name));
  const ids = new Set(members.filter(({ is_id }) => is_id).map(({ name }) => name));
  const meant = meantNames(mentions, (name) => known.has(name));
  const mentioned = members.filter(({ name, is_id }) => meant.has(name) && (is_id || !ids.has(name)));
  return new Set(mentioned.map(({ user_id }) => user_id));
}

/** Maps every Unicode form of the names to the name as typed. */
function typedByForm(names: readonly string[]): Map<string, string> {
  const forms = new Map(names.map((name) => [name, name]));
  for (const name of names) {
    for (const form of [name.normalize('NFC'), name.normalize('NFD')]) if (!forms.has(form)) forms.set(form, name);
  }
  return forms;
}
