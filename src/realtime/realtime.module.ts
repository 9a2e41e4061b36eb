import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Environment } from '../config/environment.js';
import { DisconnectController } from './admin/disconnect.controller.js';
import { MemoryTicketStore } from './admin/memory-ticket-store.js';
import { RedisTicketStore } from './admin/redis-ticket-store.js';
import { TicketStore } from './admin/ticket-store.js';
import { TicketsController } from './admin/tickets.controller.js';
import { BroadcastService } from './broadcast/broadcast.service.js';
import { Publisher } from './broadcast/publisher.js';
import { Broker } from './broker/broker.js';
import { MemoryBroker } from './broker/memory-broker.js';
import { RealtimeRedis } from './broker/realtime-redis.js';
import { RedisBroker } from './broker/redis-broker.js';
import { Admissions } from './connection/admissions.js';
import { Drain } from './connection/drain.js';
import { GatewayRegistry } from './connection/gateway-registry.js';
import { Heartbeat } from './connection/heartbeat.js';
import { Hub } from './connection/hub.js';
import { UpgradeHandler } from './connection/upgrade-handler.js';
import { WsJwtGuard } from './connection/ws-jwt.guard.js';
import { RealtimeMetrics } from './realtime-metrics.js';
import { OutboxMessage } from './outbox/outbox-message.entity.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { Outbox } from './outbox/outbox.js';

/** The engine. Everything a feature may use of it is exported by `index.ts`. */
@Global()
@Module({
  imports: [DiscoveryModule, TypeOrmModule.forFeature([OutboxMessage])],
  providers: [
    {
      // Null where everything is embedded.
      provide: RealtimeRedis,
      useFactory: ({ redis }: Environment) => (redis === null ? null : new RealtimeRedis(redis)),
      inject: [Environment],
    },
    {
      provide: Broker,
      useFactory: (redis: RealtimeRedis | null, { history }: Environment) =>
        redis === null ? new MemoryBroker(history) : new RedisBroker(redis, history),
      inject: [RealtimeRedis, Environment],
    },
    {
      provide: TicketStore,
      useFactory: (redis: RealtimeRedis | null) =>
        redis === null ? new MemoryTicketStore() : new RedisTicketStore(redis),
      inject: [RealtimeRedis],
    },
    BroadcastService,
    Publisher,
    Outbox,
    OutboxRelay,
    RealtimeMetrics,
    Hub,
    GatewayRegistry,
    UpgradeHandler,
    Admissions,
    Heartbeat,
    Drain,
    WsJwtGuard,
  ],
  controllers: [TicketsController, DisconnectController],
  exports: [BroadcastService, Broker, TicketStore, WsJwtGuard],
})
export class RealtimeModule {}
