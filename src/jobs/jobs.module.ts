import { join } from 'node:path';
import { BullModule, BullRegistrar, WorkerHost } from '@nestjs/bullmq';
import {
  type BeforeApplicationShutdown,
  Global,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Queue } from 'bullmq';
import { Environment } from '../config/environment.js';
import { EmbeddedJobStore } from './embedded-job-store.js';
import { JobStore } from './job-store.js';
import { QuietErrorLog } from '../realtime/support/quiet-error-log.js';
import { RedisJobStore } from './redis-job-store.js';
import { workerClassOf } from './takeover.js';
import { WorkerDrain } from './worker-drain.js';

@Global()
@Module({
  providers: [{ provide: JobStore, inject: [Environment], useFactory: openJobStore }],
  exports: [JobStore],
})
class JobStoreModule {}

/**
 * BullMQ on Redis or embedded. A feature registers its queue (`BullModule.registerQueue`) and provides its `@Processor`.
 * Processors run once the application has started, and only with `RUN_JOBS`.
 */
@Module({
  imports: [
    JobStoreModule,
    DiscoveryModule,
    BullModule.forRootAsync({
      inject: [JobStore],
      useFactory: (store: JobStore) => ({ connection: store.connection, prefix: JobStore.PREFIX }),
      extraOptions: { manualRegistration: true },
    }),
    // Registers no queue, but provides the registrar even if no feature has a queue.
    BullModule.registerQueue(),
  ],
})
export class JobsModule
  implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('Jobs');
  private drains: WorkerDrain[] = [];
  private drained: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly environment: Environment,
    private readonly store: JobStore,
    private readonly discovery: DiscoveryService,
    private readonly registrar: BullRegistrar,
  ) {}

  onApplicationBootstrap(): void {
    for (const queue of this.instancesOf(Queue)) this.watch(queue, `Queue "${queue.name}"`);
    if (!this.environment.runJobs) return;
    // Nest uses it for the workers that are registered from now on: here.
    BullModule.workerClass = workerClassOf(this.environment.timings);
    this.registrar.register();
    const workers = this.instancesOf(WorkerHost).map((host) => host.worker);
    for (const worker of workers) this.watch(worker, `Worker of "${worker.name}"`);
    this.drains = workers.map((worker) => new WorkerDrain(worker, this.store));
  }

  /** Starts draining together with the other modules, while everything that jobs need is still open. */
  onModuleDestroy(): void {
    const deadline = AbortSignal.timeout(this.environment.shutdownGraceMs);
    this.drained = Promise.allSettled(this.drains.map((drain) => drain.close(deadline)));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.drained;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.instancesOf(Queue).map((queue) => queue.close()));
    await this.store.close();
  }

  private instancesOf<T>(type: abstract new (...args: never[]) => T): T[] {
    const instances: unknown[] = this.discovery.getProviders().map((wrapper): unknown => wrapper.instance);
    return [...new Set(instances)].filter((instance): instance is T => instance instanceof type);
  }

  /** Errors of queues and workers come from their connections, which retry by themselves. */
  private watch(source: { on(event: 'error', listener: (error: Error) => void): unknown }, subject: string): void {
    const log = new QuietErrorLog(this.logger, subject);
    source.on('error', (error) => log.report(error));
  }
}

function openJobStore({ redis, dataDir }: Environment): Promise<JobStore> {
  return redis === null ? EmbeddedJobStore.open(join(dataDir, 'jobs')) : RedisJobStore.open(redis);
}
