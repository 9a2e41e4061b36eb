import { isJson } from '../support/is-json.js';
import { Topic } from '../broker/topic.js';
import type { OutboxRow } from './outbox-row.js';

/**
 * Converts a row written by release 0.1.0. Such rows may still wait, or be written while nodes of both releases run.
 * Their bodies lack the closing brace, and today's signals were messages of streams.
 */
export function upgraded(row: OutboxRow): OutboxRow {
  if (isJson(row.body)) return row;
  const body = `${row.body}}`;
  const signal = { ...row, channel: Topic.nodes.name };
  switch (row.kind) {
    case 'eviction':
      return { ...signal, kind: 'revocation', body: withFields(body, { channel: row.channel, ...NOT_A_MEMBER }) };
    case 'disconnection':
      return { ...signal, kind: 'revocation', body: withFields(body, DISCONNECTED) };
    default:
      if (row.channel !== 'node:all') return { ...row, body };
      return { ...signal, kind: 'announcement', body: `{"frame":${body}}` };
  }
}

const NOT_A_MEMBER = { close: { code: 4003, reason: 'not_a_member' } };
const DISCONNECTED = { close: { code: 4001, reason: 'disconnected' } };

function withFields(body: string, fields: object): string {
  return isJson(body) ? JSON.stringify({ ...(JSON.parse(body) as object), ...fields }) : body;
}
