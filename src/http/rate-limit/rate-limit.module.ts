import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { Registry } from 'prom-client';
import { Environment } from '../../config/environment.js';
import { MemoryThrottlerStorage } from './memory-throttler-storage.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RedisThrottlerStorage } from './redis-throttler-storage.js';

const WINDOW_MS = 60_000;

/** The rate limit of the HTTP API: across all nodes with Redis, otherwise for the process. */
@Module({
  imports: [ThrottlerModule.forRootAsync({ inject: [Environment, Registry], useFactory: optionsOf })],
  providers: [{ provide: APP_GUARD, useClass: RateLimitGuard }],
})
export class RateLimitModule {}

function optionsOf({ httpRateLimitPerMinute: limit, redis }: Environment, registry: Registry): ThrottlerModuleOptions {
  return {
    throttlers: [{ ttl: WINDOW_MS, limit, skipIf: () => limit === 0 }],
    storage: redis === null || limit === 0 ? new MemoryThrottlerStorage() : new RedisThrottlerStorage(redis, registry),
  };
}
