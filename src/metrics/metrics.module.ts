import { Global, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { addDefaultMetrics } from './default-metrics.js';
import { ProcessMetrics } from './process-metrics.js';

/** Provides the registry of `/metrics` to every module: one for each application, not for the process. */
@Global()
@Module({
  providers: [{ provide: Registry, useFactory: createRegistry }, ProcessMetrics],
  exports: [Registry, ProcessMetrics],
})
export class MetricsModule {}

function createRegistry(): Registry {
  const registry = new Registry();
  addDefaultMetrics(registry);
  return registry;
}
