import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BullModule, getQueueToken, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, type INestApplicationContext, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type Job, Queue, QueueEvents } from 'bullmq';
import { type RedisCluster, type RedisServer, startCluster, startRedis } from '../../test/support/servers.js';
import { ConfigModule } from '../config/config.module.js';
import { Environment } from '../config/environment.js';
import { JobStore } from './job-store.js';
import { JobsModule } from './jobs.module.js';

/** The work of a test's jobs, by name. */
@Injectable()
class Work {
  readonly done: string[] = [];
  readonly failed: string[] = [];
  private release: () => void = () => undefined;
  readonly held = new Promise<void>((resolve) => (this.release = resolve));
  private start: () => void = () => undefined;
  readonly started = new Promise<void>((resolve) => (this.start = resolve));

  letGo(): void {
    this.release();
  }

  async run(job: Job): Promise<string> {
    this.start();
    if (job.name === 'hold') await this.held;
    if (job.name === 'fail once' && job.attemptsMade === 0) throw new Error('not yet');
    await job.updateProgress(50);
    this.done.push(`${job.name} ${JSON.stringify(job.data)}`);
    return 'the result';
  }
}

@Processor('test')
class TestProcessor extends WorkerHost {
  constructor(private readonly work: Work) {
    super();
  }

  async process(job: Job): Promise<string> {
    return this.work.run(job);
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job, error: Error): void {
    this.work.failed.push(`${job.name}: ${error.message}`);
  }
}

@Module({ imports: [BullModule.registerQueue({ name: 'test' })], providers: [Work, TestProcessor] })
class TestModule {}

async function start(variables: Record<string, string>): Promise<INestApplicationContext> {
  const imports = [ConfigModule.forRoot(new Environment(variables)), JobsModule, TestModule];
  const module = await Test.createTestingModule({ imports })
    .setLogger(false as never)
    .compile();
  return module.init();
}

let redis: RedisServer;
let cluster: RedisCluster;
let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'herald-jobs-'));
  [redis, cluster] = await Promise.all([startRedis(), startCluster(1)]);
});

afterAll(async () => {
  await Promise.all([redis.stop(), cluster.stop()]);
  rmSync(root, { recursive: true });
});

function inRedis(): Record<string, string> {
  return { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port), DATA_DIR: join(root, 'unused') };
}

describe.each([
  ['embedded', () => ({ DATA_DIR: root })],
  ['in Redis', inRedis],
  ['in a Redis Cluster', () => ({ REDIS_CLUSTER_NODES: cluster.nodes, DATA_DIR: join(root, 'unused') })],
])('JobsModule, %s', (_, variables) => {
  let app: INestApplicationContext;
  let queue: Queue;
  let events: QueueEvents;
  let work: Work;

  beforeEach(async () => {
    app = await start(variables());
    await connectTo(app);
  });

  async function connectTo(context: INestApplicationContext): Promise<void> {
    queue = context.get<Queue>(getQueueToken('test'));
    work = context.get(Work);
    events = new QueueEvents('test', { connection: context.get(JobStore).connection, prefix: JobStore.PREFIX });
    await events.waitUntilReady();
  }

  afterEach(async () => {
    await events.close();
    await app.close();
  });

  it('runs an added job, and reports its progress and result', async () => {
    const progress: unknown[] = [];
    events.on('progress', ({ data }) => progress.push(data));
    const job = await queue.add('plain', { n: 1 });

    expect(await job.waitUntilFinished(events)).toBe('the result');
    expect(work.done).toEqual(['plain {"n":1}']);
    expect(progress).toEqual([50]);
  });

  it('wakes an idle worker at once', async () => {
    const first = await queue.add('plain', {});
    await first.waitUntilFinished(events);
    const before = performance.now();
    const second = await queue.add('plain', {});
    await second.waitUntilFinished(events);

    // Without a notification, it would poll after five seconds.
    expect(performance.now() - before).toBeLessThan(4_500);
  });

  it('retries a failed job after its back-off', async () => {
    const before = performance.now();
    const job = await queue.add('fail once', {}, { attempts: 2, backoff: { type: 'fixed', delay: 100 } });
    await job.waitUntilFinished(events);

    expect(performance.now() - before).toBeGreaterThanOrEqual(100);
    expect(work.failed).toEqual(['fail once: not yet']);
    expect(work.done).toEqual(['fail once {}']);
  });

  // @abuse JOB-06
  it('adds a job with the same id only once', async () => {
    const jobs = await Promise.all([1, 2].map(() => queue.add('hold', {}, { jobId: 'one-export' })));
    expect(await queue.getJobCountByTypes('active', 'waiting')).toBe(1);
    work.letGo();
    await jobs[0]?.waitUntilFinished(events);
  });

  it('lets an active job finish before it closes', async () => {
    await queue.add('hold', {});
    await work.started;
    const closed = events.close().then(() => app.close());
    work.letGo();
    await closed;

    expect(work.done).toEqual(['hold {}']);
  });

  it('hands a job that outlasts the grace period back to the queue, for the next process', async () => {
    await events.close();
    await app.close();
    app = await start({ ...variables(), SHUTDOWN_GRACE_MS: '100' });
    await connectTo(app);
    const job = await queue.add('hold', {});
    await work.started;
    await events.close();
    await app.close();
    work.letGo();

    app = await start(variables());
    await connectTo(app);
    const again = await queue.getJob(String(job.id));
    work.letGo();
    expect(await again?.waitUntilFinished(events)).toBe('the result');
    expect(again?.attemptsMade).toBe(0);
  });
});

describe('JobsModule', () => {
  it('runs no processor without RUN_JOBS, and keeps the jobs for a process that does', async () => {
    const idle = await start({ ...inRedis(), RUN_JOBS: 'false' });
    await idle.get<Queue>(getQueueToken('test')).add('plain', { from: 'idle' });
    expect(idle.get(Work).done).toEqual([]);

    const busy = await start(inRedis());
    await busy.get(Work).started;
    await busy.close();
    expect(busy.get(Work).done).toEqual(['plain {"from":"idle"}']);
    expect(idle.get(Work).done).toEqual([]);
    await idle.close();
  });

  it('keeps two applications in one process apart: one embedded, one on Redis', async () => {
    const [embedded, other] = await Promise.all([
      start({ DATA_DIR: root }),
      start({ ...inRedis(), RUN_JOBS: 'false' }),
    ]);
    await embedded.get<Queue>(getQueueToken('test')).add('plain', { to: 'embedded' });
    await other.get<Queue>(getQueueToken('test')).add('plain', { to: 'redis' });
    await embedded.get(Work).started;
    await embedded.close();

    expect(embedded.get(Work).done).toEqual(['plain {"to":"embedded"}']);
    expect(await other.get<Queue>(getQueueToken('test')).getWaitingCount()).toBe(1);
    await other.get<Queue>(getQueueToken('test')).obliterate();
    await other.close();
  });

  it('closes what jobs use only after they have ended', async () => {
    const order: string[] = [];
    @Injectable()
    class Resource implements OnApplicationShutdown {
      onApplicationShutdown(): void {
        order.push('resource closed');
      }
    }
    @Processor('using')
    class UsingProcessor extends WorkerHost {
      private begin: () => void = () => undefined;
      readonly begun = new Promise<void>((resolve) => (this.begin = resolve));

      async process(): Promise<void> {
        this.begin();
        await setTimeout(50);
        order.push('job ended');
      }
    }
    @Module({ imports: [BullModule.registerQueue({ name: 'using' })], providers: [Resource, UsingProcessor] })
    class UsingModule {}
    const imports = [ConfigModule.forRoot(new Environment({ DATA_DIR: root })), JobsModule, UsingModule];
    const app = await (await Test.createTestingModule({ imports }).compile()).init();
    await app.get<Queue>(getQueueToken('using')).add('job', {});
    await app.get(UsingProcessor).begun;
    await app.close();

    expect(order).toEqual(['job ended', 'resource closed']);
  });

  it('refuses a job at once while Redis is away, and accepts jobs again when it is back', async () => {
    const app = await start(inRedis());
    const queue = app.get<Queue>(getQueueToken('test'));
    await redis.kill();
    const before = performance.now();
    await expect(queue.add('plain', {})).rejects.toThrow();
    expect(performance.now() - before).toBeLessThan(4_500);

    await redis.start();
    const added = await untilTaken(queue);
    expect(added.id).toBeDefined();
    await app.get(Work).started;
    await app.close();
  });

  it('refuses a job after two seconds while Redis does not answer', async () => {
    const app = await start({ ...inRedis(), RUN_JOBS: 'false' });
    await redis.pause();
    const before = performance.now();
    await expect(app.get<Queue>(getQueueToken('test')).add('plain', {})).rejects.toThrow('Command timed out');
    expect(performance.now() - before).toBeLessThan(4_500);
    await redis.resume();
    await app.close();
  });

  it('starts and stops while Redis is away', async () => {
    await redis.kill();
    const app = await start({ ...inRedis(), SHUTDOWN_GRACE_MS: '500' });
    await expect(app.get<Queue>(getQueueToken('test')).add('plain', {})).rejects.toThrow();
    await app.close();
    await redis.start();
  });
});

/** The connection recovers by itself; until then, each attempt is refused. */
async function untilTaken(queue: Queue): Promise<Job> {
  for (;;) {
    try {
      return await queue.add('plain', {});
    } catch {
      await setTimeout(50);
    }
  }
}
