import { type DynamicModule, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { AlertsModule } from './alerts/alerts.module.js';
import { AuthModule } from './auth/auth.module.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { CommentsModule } from './comments/comments.module.js';
import { ConfigModule } from './config/config.module.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { Environment } from './config/environment.js';
import { ConsoleModule } from './console/console.module.js';
import { DatabaseModule } from './database/database.module.js';
import { ExportsModule } from './exports/exports.module.js';
import { RateLimitModule } from './http/rate-limit/rate-limit.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { MessagesModule } from './messages/messages.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';
import { Inbox, RealtimeModule } from './realtime/index.js';
import { realtimeOptions } from './realtime-options.js';
import { ResourcesModule } from './resources/resources.module.js';
import { UsersModule } from './users/users.module.js';

/** The modules of a process; the server and the worker differ only in whether they listen. */
@Module({
  imports: [
    MetricsModule,
    OperationsModule,
    DatabaseModule,
    JobsModule,
    RealtimeModule.forRootAsync({
      inject: [Environment, TokenVerifier, Inbox, Registry],
      useFactory: realtimeOptions,
    }),
    ConnectionsModule,
    UsersModule,
    OrganizationsModule,
    NotificationsModule,
    ResourcesModule,
    CommentsModule,
    MessagesModule,
    ExportsModule,
    AlertsModule,
  ],
})
export class AppModule {
  static forRoot(environment: Environment): DynamicModule {
    return {
      module: AppModule,
      // Their guards run in this order.
      imports: [
        ConfigModule.forRoot(environment),
        RateLimitModule,
        AuthModule.forRoot(environment),
        ConsoleModule.forRoot(environment),
      ],
    };
  }
}
