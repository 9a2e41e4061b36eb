import { ConfigurableModuleBuilder, Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConnectionRegistry, NodeName } from './cluster/connection-registry.js';
import { MemoryConnectionRegistry } from './cluster/memory-connection-registry.js';
import { MemoryTicketStore } from './gateway/memory-ticket-store.js';
import { RedisConnectionRegistry } from './cluster/redis-connection-registry.js';
import { RedisNodeDirectory } from './cluster/redis-node-directory.js';
import { RedisTicketStore } from './gateway/redis-ticket-store.js';
import { TicketStore } from './gateway/ticket-store.js';
import { BroadcastService } from './broadcast/broadcast.service.js';
import { Call } from './outbox/call.js';
import { DataCheck } from './broadcast/data-check.js';
import { Publisher } from './broadcast/publisher.js';
import { Broker } from './broker/broker.js';
import { MemoryBroker } from './broker/memory-broker.js';
import { RealtimeRedis } from './broker/realtime-redis.js';
import { RedisBroker } from './broker/redis-broker.js';
import { Admissions } from './gateway/admissions.js';
import { ConnectionLog } from './connection/connection-log.js';
import { Drain } from './hub/drain.js';
import { GatewayRegistry } from './gateway/gateway-registry.js';
import { Sending } from './connection/sending.js';
import { Heartbeat } from './connection/heartbeat.js';
import { Hub } from './hub/hub.js';
import { Connections } from './connection/connections.js';
import { RecoveryLog } from './hub/recovery-log.js';
import { Revocations } from './hub/revocations.js';
import { Signals } from './hub/signals.js';
import { Overload } from './upgrade/overload.js';
import { Places } from './upgrade/places.js';
import { Refusals } from './upgrade/refusals.js';
import { UnreadableRequests } from './upgrade/unreadable-requests.js';
import { Entrance } from './upgrade/entrance.js';
import { EventStreams } from './upgrade/event-streams.js';
import { UpgradeHandler } from './upgrade/upgrade-handler.js';
import { WsJwtGuard } from './gateway/ws-jwt.guard.js';
import { MemoryPresenceStore } from './presence/memory-presence-store.js';
import { Presence } from './presence/presence.js';
import { PresenceStore } from './presence/presence-store.js';
import { RedisPresenceStore } from './presence/redis-presence-store.js';
import { RealtimeMetrics } from './realtime-metrics.js';
import { OutboxMessage } from './outbox/outbox-message.entity.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { OutboxUpkeep } from './outbox/outbox-upkeep.js';
import { Outbox } from './outbox/outbox.js';
import { type RealtimeOptions, RealtimeSettings } from './settings.js';
import { Lifecycle } from './support/lifecycle.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<RealtimeOptions>()
  .setClassMethodName('forRoot')
  .build();

/**
 * The engine: `RealtimeModule.forRoot({ tokenVerifier, … })`, or `forRootAsync` with `imports`, `inject` and
 * `useFactory`. Import it once, in the root module, beside TypeORM's. The server also needs
 * `app.useWebSocketAdapter(new RealtimeAdapter(app))`.
 */
@Global()
@Module({
  imports: [DiscoveryModule, TypeOrmModule.forFeature([OutboxMessage])],
  providers: [
    {
      provide: RealtimeSettings,
      useFactory: (options: RealtimeOptions) => new RealtimeSettings(options),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    Lifecycle,
    {
      // Null where everything is embedded.
      provide: RealtimeRedis,
      useFactory: ({ redis }: RealtimeSettings) => (redis === null ? null : new RealtimeRedis(redis)),
      inject: [RealtimeSettings],
    },
    {
      provide: Broker,
      useFactory: (redis: RealtimeRedis | null, { history }: RealtimeSettings) =>
        redis === null ? new MemoryBroker(history) : new RedisBroker(redis, history),
      inject: [RealtimeRedis, RealtimeSettings],
    },
    {
      provide: TicketStore,
      useFactory: (redis: RealtimeRedis | null) =>
        redis === null ? new MemoryTicketStore() : new RedisTicketStore(redis),
      inject: [RealtimeRedis],
    },
    {
      // Null where everything is embedded.
      provide: RedisNodeDirectory,
      useFactory: (redis: RealtimeRedis | null, node: NodeName, { timings }: RealtimeSettings) =>
        redis === null ? null : new RedisNodeDirectory(redis, node.text, timings.nodeLeaseMs),
      inject: [RealtimeRedis, NodeName, RealtimeSettings],
    },
    {
      provide: ConnectionRegistry,
      useFactory: (
        redis: RealtimeRedis | null,
        directory: RedisNodeDirectory | null,
        connections: Connections,
        lifecycle: Lifecycle,
        node: NodeName,
      ) =>
        redis === null || directory === null
          ? new MemoryConnectionRegistry(connections, node.text)
          : new RedisConnectionRegistry(redis, directory, connections, lifecycle),
      inject: [RealtimeRedis, RedisNodeDirectory, Connections, Lifecycle, NodeName],
    },
    {
      provide: PresenceStore,
      useFactory: (broker: Broker, redis: RealtimeRedis | null, directory: RedisNodeDirectory | null) =>
        redis === null || directory === null
          ? new MemoryPresenceStore(broker)
          : new RedisPresenceStore(redis, directory),
      inject: [Broker, RealtimeRedis, RedisNodeDirectory],
    },
    Presence,
    NodeName,
    Connections,
    Revocations,
    BroadcastService,
    {
      provide: DataCheck,
      useFactory: ({ checksData }: RealtimeSettings) => new DataCheck(checksData),
      inject: [RealtimeSettings],
    },
    Publisher,
    Call,
    { provide: APP_INTERCEPTOR, useExisting: Call },
    Outbox,
    OutboxRelay,
    OutboxUpkeep,
    {
      provide: RealtimeMetrics,
      useFactory: ({ metrics }: RealtimeSettings) => new RealtimeMetrics(metrics),
      inject: [RealtimeSettings],
    },
    Hub,
    Sending,
    Signals,
    RecoveryLog,
    GatewayRegistry,
    UpgradeHandler,
    EventStreams,
    Entrance,
    UnreadableRequests,
    Refusals,
    Places,
    Overload,
    Admissions,
    ConnectionLog,
    Heartbeat,
    Drain,
    WsJwtGuard,
  ],
  exports: [
    BroadcastService,
    Broker,
    ConnectionRegistry,
    GatewayRegistry,
    Lifecycle,
    Presence,
    RealtimeSettings,
    TicketStore,
    WsJwtGuard,
  ],
})
export class RealtimeModule extends ConfigurableModuleClass {}
