import type { Broker, Publication } from '../broker/broker.js';
import type { Position } from '../broker/cursor.js';
import { missedSince } from '../broker/history.js';
import { CLOSE, ConnectionRefusedError } from '../connection/close-code.js';
import type { Connection } from '../connection/connection.js';

/** The connection that resumes. */
export type Resumer = Pick<Connection, 'admission' | 'memberSince'>;

export interface MissedContext {
  broker: Broker;
  historySize: number;
  /** About how many bytes of missed messages are in memory at once, per client. */
  pageBytes: number;
}

/**
 * The messages that a client has missed, up to a position. They are read page by page as they are consumed, so a client
 * that reads slowly, or not at all, never holds more than one page in memory.
 *
 * @param page the first page, already read
 * @throws {ConnectionRefusedError} if history has dropped the next messages, or they are from before the user's
 *   membership
 * @throws {UnavailableError} if the broker is down
 */
export async function* missedMessages(
  resumer: Resumer,
  page: readonly Publication[],
  end: Position,
  { broker, historySize, pageBytes }: MissedContext,
): AsyncGenerator<Buffer> {
  let last: Position | undefined;
  while (page.length > 0) {
    for (const publication of page) {
      last = publication.position;
      yield publication.payload;
      if (last.offset === end.offset) return;
    }
    if (last === undefined) return;
    const history = await broker.history(resumer.admission.channel, last.offset, pageBytes);
    const rest = missedSince(history, last, historySize);
    if (rest === null || !isEntitledTo(rest, resumer)) throw new ConnectionRefusedError(CLOSE.streamLost);
    page = rest;
  }
}

/** Whether all of the messages were published during the user's current membership. */
export function isEntitledTo(missed: readonly Publication[], { memberSince }: Resumer): boolean {
  const since = memberSince?.getTime() ?? 0;
  return missed.every(({ publishedAt }) => publishedAt >= since);
}
