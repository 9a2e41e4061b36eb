import { parseCursor } from '../broker/cursor.js';
import { missedSince } from '../broker/history.js';
import { ConnectionRefusedError } from '../connection/close-code.js';
import type { Connection, Start } from '../connection/connection.js';
import type { Hub } from './hub.js';
import type { Revocations } from './revocations.js';
import { isEntitledTo, type MissedContext, missedFrames } from './missed-frames.js';

export interface JoinContext extends MissedContext {
  hub: Hub;
  revocations: Revocations;
}

/**
 * Puts a connection into its channel so that no message is lost or doubled at the seam. From its entry into the hub on, the
 * connection holds live frames back; only then is history read, so each message is either in what was read or among what is
 * held, or, by its position, recognised as in both.
 *
 * @param cursors what the client gave as its cursor; empty if it does not want to resume
 * @throws {ConnectionRefusedError} if it was revoked since its guards have let it in
 * @throws {UnavailableError} if the broker is down
 */
export async function join(
  connection: Connection,
  cursors: readonly string[],
  { hub, revocations, ...context }: JoinContext,
): Promise<Start> {
  const subscription = await hub.add(connection);
  // What guards have found may have ended since, and the signal of it not come yet.
  if (connection.memberSince !== null) await revocations.expectCurrent();
  const revoked = revocations.revokedWhileJoining(connection);
  if (revoked !== null) throw new ConnectionRefusedError(revoked);
  if (cursors.length === 0) return { position: subscription.position, resumed: null, missed: [] };
  const since = cursors.length === 1 ? parseCursor(cursors[0] ?? '') : null;
  if (since === null) return { position: subscription.position, resumed: false, missed: [] };
  const history = await context.broker.history(connection.admission.channel, since.offset, context.pageBytes);
  // Where the broker has lost what this process has received, that has to be known before the connection begins.
  if (!subscription.isPastOf(history.position)) await subscription.catchUp();
  const missed = missedSince(history, since, context.historySize);
  if (missed === null || !isEntitledTo(missed, connection)) {
    return { position: subscription.position, resumed: false, missed: [] };
  }
  return {
    position: history.position,
    resumed: true,
    missed: missedFrames(connection, missed, history.position, context),
  };
}
