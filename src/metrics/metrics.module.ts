import { Global, Module } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { ProcessMetrics } from './process-metrics.js';

/** Gives every module the registry that `/metrics` shows: one for each application, not one for the process. */
@Global()
@Module({
  providers: [{ provide: Registry, useFactory: createRegistry }, ProcessMetrics],
  exports: [Registry, ProcessMetrics],
})
export class MetricsModule {}

function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
