import type { Publication } from '../broker/broker.js';
import { withoutCursor } from '../broker/cursor.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';
import { CLOSE } from './close-code.js';
import type { Connection } from './connection.js';
import type { Disconnections } from './disconnection.js';
import { userOf } from './user-of.js';
import { encodeTextFrame } from './frame.js';

/** What a process does with a publication of a channel: called once for each, in their order. Never throws. */
export type Delivery = (publication: Publication, members: ReadonlySet<Connection>) => void;

/** For the channels of users and organizations: the same bytes for every member. */
export function toMembers(metrics: RealtimeMetrics): Delivery {
  return ({ id, kind, position, except, payload }, members) => {
    if (kind === 'eviction') {
      const userId = userOf(payload);
      for (const member of members) {
        if (userId === null || member.principal.userId === userId) member.close(CLOSE.notAMember);
      }
      return;
    }
    const frame = encodeTextFrame(payload);
    for (const member of members) if (!isFrom(except, member)) member.deliver(position, frame);
    metrics.delivered(id, members.size);
  };
}

/** Whether a call of this connection has caused it. Keys are only made where somebody has asked for that. */
function isFrom(except: string | null, member: Connection): boolean {
  return except !== null && member.echoKey === except;
}

/** For the channel of all nodes, whose members are all connections: disconnections, and notifications for everybody. */
export function toNode(disconnections: Disconnections, metrics: RealtimeMetrics): Delivery {
  return (publication, members) => {
    if (publication.kind === 'disconnection') {
      disconnections.heed(publication);
      return;
    }
    const text = withoutCursor(publication.payload);
    let count = 0;
    for (const member of members) {
      if (member.admission.endpoint !== 'notifications' || isFrom(publication.except, member)) continue;
      member.announce(text);
      count += 1;
    }
    metrics.delivered(publication.id, count);
  };
}

/**
 * For presence channels, whose members are those who watch. They are no part of what a client resumes, so they have no cursor.
 * Nobody is told of oneself: whoever is there to be told has joined.
 */
export const toWatchers: Delivery = ({ payload }, members) => {
  const text = `${withoutCursor(payload)}}`;
  const about = userOf(payload);
  const frame = encodeTextFrame(Buffer.from(text));
  for (const member of members) if (member.principal.userId !== about) member.show(frame);
};
