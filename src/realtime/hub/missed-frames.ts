import type { Broker, Publication } from '../broker/broker.js';
import type { Position } from '../broker/cursor.js';
import { missedSince } from '../broker/history.js';
import { CLOSE, ConnectionRefusedError } from '../connection/close-code.js';
import type { Connection } from '../connection/connection.js';

/** Whose frames they are. */
export type Resumer = Pick<Connection, 'admission' | 'memberSince'>;

export interface MissedContext {
  broker: Broker;
  historySize: number;
  /** About how much of what a client has missed is in memory at once. */
  pageBytes: number;
}

/**
 * The frames that a client has missed, up to a position. They are read as they are asked for: of a client that reads slowly, or
 * not at all, never more than a page is held, however much it has missed.
 *
 * @param page what was read of them first
 * @throws {ConnectionRefusedError} if history has lost the next ones meanwhile, or they are from before the user's membership
 * @throws {UnavailableError} if the broker is down
 */
export async function* missedFrames(
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

/** Whether all of it was published during the user's present membership. */
export function isEntitledTo(missed: readonly Publication[], { memberSince }: Resumer): boolean {
  const since = memberSince?.getTime() ?? 0;
  return missed.every(({ publishedAt }) => publishedAt >= since);
}
