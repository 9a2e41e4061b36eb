import { comparePositions, parseCursor, type Position } from '../broker/cursor.js';
import { missedSince } from '../broker/history.js';
import { CLOSE, ConnectionRefusedError } from './close-code.js';
import type { Connection } from './connection.js';
import type { Hub } from './hub.js';
import { isEntitledTo, type MissedContext, missedFrames } from './missed-frames.js';

/** Where a connection begins: what is after `position` comes live. */
export interface Start {
  position: Position;
  /** Null if the client did not ask to resume. */
  resumed: boolean | null;
  /** The frames that the client has missed, up to `position`; read while they are sent, which may fail. */
  missed: AsyncIterable<Buffer> | readonly Buffer[];
  /** This process has not yet received the channel up to there: what is missing comes live, and again. */
  isAhead: boolean;
}

export interface JoinContext extends MissedContext {
  hub: Hub;
}

/**
 * Puts a connection into its channel so that no message is lost or doubled at the seam. From its entry into the hub on, the
 * connection holds live frames back; only then is history read, so each message is either in what was read or among what is
 * held, or, by its position, recognised as in both.
 *
 * @param cursors what the client gave as its cursor; empty if it does not want to resume
 * @throws {ConnectionRefusedError} if what the guards have found is no longer true
 * @throws {UnavailableError} if the broker is down
 */
export async function join(
  connection: Connection,
  cursors: readonly string[],
  { hub, ...context }: JoinContext,
): Promise<Start> {
  const subscription = await hub.add(connection);
  const lapsed = await connection.gateway.lapsed?.([connection]);
  if (lapsed?.includes(connection) === true) throw new ConnectionRefusedError(CLOSE.notAMember);
  if (cursors.length === 0) return { position: subscription.position, resumed: null, missed: [], isAhead: false };
  const since = cursors.length === 1 ? parseCursor(cursors[0] ?? '') : null;
  if (since === null) return { position: subscription.position, resumed: false, missed: [], isAhead: false };
  const history = await context.broker.history(connection.admission.channel, since.offset, context.pageBytes);
  const missed = missedSince(history, since, context.historySize);
  if (missed === null || !isEntitledTo(missed, connection)) {
    return { position: subscription.position, resumed: false, missed: [], isAhead: false };
  }
  return {
    position: history.position,
    resumed: true,
    missed: missedFrames(connection, missed, history.position, context),
    isAhead: comparePositions(history.position, subscription.position) > 0,
  };
}
