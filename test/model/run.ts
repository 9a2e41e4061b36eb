import { Application } from './application.js';
import { Checks } from './checks.js';
import { Ledger } from './ledger.js';
import { type Operation, ORGANIZATIONS, planOf, WANDERERS } from './plan.js';
import { ModelViolation, Record } from './record.js';
import { type Observations, Session } from './session.js';
import { countChanges, countSessions, type Summary } from './summary.js';
import { System } from './system.js';
import { Wanderer } from './wanderer.js';
import { until } from '../../src/realtime/testing/until.js';

export interface RunOptions {
  seed: number;
  operations: number;
  /** Called from time to time with the progress. */
  onProgress?: (line: string) => void;
}

/** How many operations run at once. */
const CONCURRENCY = 4;
/** How many operations begin during a fault, before the run waits for its end. */
const DURING_FAULT = 20;
/** A fault includes the start of a process. */
const OPERATION_DEADLINE_MS = 90_000;
/** How long clients may take to see everything after the last change and the end of a fault. */
const STILLNESS_DEADLINE_MS = 20_000;

/**
 * Runs the operations of a seed on a system of two nodes, and compares what clients see with what was done.
 * @throws {ModelViolation} with the seed and the end of the trace
 */
export async function runModel({ seed, operations, onProgress }: RunOptions): Promise<Summary> {
  const record = new Record();
  const system = await System.start();
  try {
    const run = new Run(system, record);
    await run.begin();
    return { seed, ...(await run.follow(planOf(seed, operations), onProgress)) };
  } catch (error) {
    const cause = record.violation ?? error;
    const message = cause instanceof Error && !(cause instanceof ModelViolation) ? (cause.stack ?? '') : String(cause);
    const log = system.remoteLog === '' ? '' : `\n\nNode two says:\n${system.remoteLog.slice(-5_000)}`;
    throw new ModelViolation(`MODEL_SEED=${seed} (${operations} operations): ${message}\n\n${record.tail()}${log}`, {
      cause: error,
    });
  } finally {
    await system.stop();
  }
}

class Run {
  private readonly observations: Observations;
  private readonly application: Application;
  private readonly wanderers: Wanderer[];
  private readonly observers: Session[] = [];
  private readonly inHand = new Set<Promise<void>>();
  private faults = 0;
  private slowestRecoveryMs = 0;

  constructor(
    private readonly system: System,
    private readonly record: Record,
  ) {
    this.observations = { ledger: new Ledger(), record, frames: new Map() };
    this.application = new Application(system, this.observations.ledger, record);
    this.wanderers = Array.from(
      { length: WANDERERS },
      (_, n) => new Wanderer(`wanderer ${n}`, n % ORGANIZATIONS, system, this.observations),
    );
  }

  /** Connects the observers. */
  async begin(): Promise<void> {
    for (let org = 0; org < ORGANIZATIONS; org += 1) {
      const url = this.system.eventsUrl(this.system.node('one'), org);
      const options = { name: `observer of ${org}`, org, url, token: this.system.token, from: null };
      this.observers.push(await Session.open(options, this.observations));
    }
  }

  async follow(plan: Operation[], onProgress?: (line: string) => void): Promise<Omit<Summary, 'seed'>> {
    let fault: Promise<void> | null = null;
    let left = 0;
    for (const [index, operation] of plan.entries()) {
      this.record.check();
      if (operation.kind === 'fault') {
        this.faults += 1;
        left = DURING_FAULT;
        fault = this.start(operation);
        continue;
      }
      void this.start(operation);
      while (this.inHand.size >= CONCURRENCY + (fault === null ? 0 : 1)) await Promise.race(this.inHand);
      left -= 1;
      if (fault !== null && left === 0) {
        await fault;
        fault = null;
        await this.beStill();
        onProgress?.(`${index + 1} of ${plan.length} operations, ${this.faults} faults`);
      }
    }
    await this.beStill();
    await this.decideUnknown();
    await this.beStill();
    const { ledger } = this.observations;
    return {
      operations: plan.length,
      faults: this.faults,
      ...countChanges(this.observers.flatMap((_, org) => ledger.of(org))),
      ...countSessions([...this.observers, ...this.wanderers.flatMap((each) => each.sessions)]),
      slowestRecoveryMs: Math.round(this.slowestRecoveryMs),
    };
  }

  private start(operation: Operation): Promise<void> {
    const work = withDeadline(this.perform(operation), operation)
      .catch((error: unknown) => this.record.violate(error instanceof Error ? (error.stack ?? '') : String(error)))
      .finally(() => this.inHand.delete(work));
    this.inHand.add(work);
    return work;
  }

  private async perform(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'transaction':
        return this.application.transact(operation);
      case 'arrive':
        return this.wanderers[operation.wanderer]?.arrive(operation);
      case 'leave':
        return this.wanderers[operation.wanderer]?.leave(operation.isOrderly);
      case 'fault':
        this.record.note(`FAULT ${operation.fault}`);
        await this.system.suffer(operation.fault);
        this.record.note(`FAULT ${operation.fault} is over`);
        return;
      default:
        return this.application.write(operation);
    }
  }

  /** Waits for all operations, and until the checks pass. */
  private async beStill(): Promise<void> {
    while (this.inHand.size > 0) await Promise.all(this.inHand);
    const start = performance.now();
    let open: unknown = null;
    const isRight = (): boolean => {
      this.record.check();
      open = this.violation();
      return open === null;
    };
    await until(isRight, STILLNESS_DEADLINE_MS).catch((error: unknown) => {
      throw open ?? error;
    });
    this.record.check();
    this.slowestRecoveryMs = Math.max(this.slowestRecoveryMs, performance.now() - start);
    this.record.note('everything is still, and right');
  }

  private violation(): unknown {
    const { ledger } = this.observations;
    try {
      for (const [org, observer] of this.observers.entries()) {
        const sessions = this.wanderers.filter((each) => each.org === org).flatMap((each) => each.sessions);
        new Checks({ ledger, org, observer, sessions, losses: this.system.losses }).run();
      }
      return null;
    } catch (error) {
      return error;
    }
  }

  /** Settles the changes that a dead node did not answer: those in the database were committed. */
  private async decideUnknown(): Promise<void> {
    const rows = await this.system.dataSource.query<{ body: string }[]>('SELECT body FROM realtime_outbox');
    const written = new Set(
      rows.map(({ body }) => {
        const { event_type: type, data } = JSON.parse(body);
        return `${type} ${data?.resource_name ?? data?.name}`;
      }),
    );
    const { ledger } = this.observations;
    for (const change of this.observers.flatMap((_, org) => ledger.of(org))) {
      if (change.outcome === 'unknown') ledger.conclude(written.has(change.id) ? 'committed' : 'undone', change);
    }
  }
}

async function withDeadline(work: Promise<void>, operation: Operation): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const refuse = (): void =>
      reject(new Error(`Not done in ${OPERATION_DEADLINE_MS} ms: ${JSON.stringify(operation)}`));
    timer = setTimeout(refuse, OPERATION_DEADLINE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
