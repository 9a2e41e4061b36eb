import type { History } from '../broker/broker.js';
import { parseCursor } from '../broker/cursor.js';
import { canFollow } from './positions.js';
import { missedSince } from '../broker/history.js';
import { ConnectionRefusedError } from '../connection/close-code.js';
import type { Connection, Start } from '../connection/connection.js';
import type { Hub } from './hub.js';
import type { Revocations } from './revocations.js';
import { isEntitledTo, type MissedContext, missedMessages } from './missed-messages.js';

export interface JoinContext extends MissedContext {
  hub: Hub;
  revocations: Revocations;
}

/**
 * Adds a connection to its channel without losing or duplicating messages between history and live delivery. First the
 * connection enters the hub and holds live messages back; then history is read. So each message is in one of the two,
 * and the position identifies those that are in both.
 *
 * @param cursors the `cursor` parameters of the request; empty if the client does not resume
 * @throws {ConnectionRefusedError} if it was revoked after its guards passed
 * @throws {UnavailableError} if the broker is down
 */
export async function join(
  connection: Connection,
  cursors: readonly string[],
  { hub, revocations, ...context }: JoinContext,
): Promise<Start> {
  const subscription = await hub.add(connection);
  // The membership may have ended since the guards checked it, and its revocation signal may still be on the way.
  if (connection.memberSince !== null) await revocations.expectCurrent();
  const revoked = revocations.revokedWhileJoining(connection);
  if (revoked !== null) throw new ConnectionRefusedError(revoked);
  const startNow = (resumed: false | null): Start => {
    const { position } = subscription;
    connection.startAt(position);
    return { position, resumed, missed: [] };
  };
  if (cursors.length === 0) return startNow(null);
  const { channel } = connection.admission;
  const since = cursors.length === 1 ? parseCursor(cursors[0] ?? '') : null;
  if (since === null) return startNow(false);
  let history: History;
  let doubts: number;
  do {
    ({ doubts } = hub);
    if (!(await hub.confirm(channel))) return startNow(false);
    history = await context.broker.history(channel, since.offset, context.pageBytes);
    connection.startAt(history.position);
    // Another master may have answered than the one that was asked about.
  } while (doubts !== hub.doubts);
  // If the broker has lost messages that this process received, recover before the connection begins.
  if (!canFollow(history.position, subscription.position)) await subscription.catchUp();
  const missed = missedSince(history, since, context.historySize);
  if (missed === null || !isEntitledTo(missed, connection)) return startNow(false);
  return {
    position: history.position,
    resumed: true,
    missed: missedMessages(connection, missed, history.position, context),
  };
}
