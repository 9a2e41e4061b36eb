import { REALTIME_MIGRATIONS } from '../../realtime/typeorm.js';
import { InitialSchema1764000000000 } from './1764000000000-initial-schema.js';
import { Inbox1764200000000 } from './1764200000000-inbox.js';
import { Comments1764300000000 } from './1764300000000-comments.js';
import { NoDotMembers1764500000000 } from './1764500000000-no-dot-members.js';
import { MembershipClock1764600000001 } from './1764600000001-membership-clock.js';

/** Every migration, oldest first, in plain SQL for both Postgres and the embedded database. */
export const MIGRATIONS = [
  ...REALTIME_MIGRATIONS,
  InitialSchema1764000000000,
  Inbox1764200000000,
  Comments1764300000000,
  NoDotMembers1764500000000,
  MembershipClock1764600000001,
].toSorted((one, other) => timeOf(one) - timeOf(other));

/** As TypeORM reads it: the digits at the end of the name. */
function timeOf({ name }: { name: string }): number {
  return Number(name.slice(-13));
}
