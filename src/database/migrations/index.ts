import { InitialSchema1764000000000 } from './1764000000000-initial-schema.js';
import { BrokerGeneration1764100000000 } from './1764100000000-broker-generation.js';
import { Inbox1764200000000 } from './1764200000000-inbox.js';
import { OutboxExcept1764250000000 } from './1764250000000-outbox-except.js';
import { Comments1764300000000 } from './1764300000000-comments.js';
import { OutboxDisconnections1764400000000 } from './1764400000000-outbox-disconnections.js';
import { NoDotMembers1764500000000 } from './1764500000000-no-dot-members.js';
import { OutboxSignals1764600000000 } from './1764600000000-outbox-signals.js';

/** Every migration, oldest first, in plain SQL for both Postgres and the embedded database. */
export const MIGRATIONS = [
  InitialSchema1764000000000,
  BrokerGeneration1764100000000,
  Inbox1764200000000,
  OutboxExcept1764250000000,
  Comments1764300000000,
  OutboxDisconnections1764400000000,
  NoDotMembers1764500000000,
  OutboxSignals1764600000000,
];
