import { RealtimeOutbox1764000000001 } from './migrations/1764000000001-realtime-outbox.js';
import { BrokerGeneration1764100000000 } from './migrations/1764100000000-broker-generation.js';
import { OutboxExcept1764250000000 } from './migrations/1764250000000-outbox-except.js';
import { OutboxDisconnections1764400000000 } from './migrations/1764400000000-outbox-disconnections.js';
import { OutboxSignals1764600000000 } from './migrations/1764600000000-outbox-signals.js';
import { OutboxInSteps1764700000000 } from './migrations/1764700000000-outbox-in-steps.js';
import { OutboxMessage } from './outbox/outbox-message.entity.js';

/** The engine's entities, for the `entities` of a data source without `autoLoadEntities`. */
export const REALTIME_ENTITIES = [OutboxMessage];

/** The engine's migrations, for the `migrations` of the application's data source. They make the tables `realtime_…`. */
export const REALTIME_MIGRATIONS = [
  RealtimeOutbox1764000000001,
  BrokerGeneration1764100000000,
  OutboxExcept1764250000000,
  OutboxDisconnections1764400000000,
  OutboxSignals1764600000000,
  OutboxInSteps1764700000000,
];
