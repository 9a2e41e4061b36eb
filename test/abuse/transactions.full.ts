import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { BroadcastService } from '../../src/realtime/index.js';
import { Resource } from '../../src/resources/resource.entity.js';
import { type Herald, herald } from '../support/herald.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

// `TRANSACTIONS_SEED=123` repeats a run; `TRANSACTIONS=10000` runs as many as the abuse case asks for.
const seed = Number(process.env.TRANSACTIONS_SEED ?? randomInt(2 ** 31));
const TRANSACTIONS = Number(process.env.TRANSACTIONS ?? 500);
const AT_ONCE = 5;

/** A change, or a nested transaction, which becomes a savepoint. */
type Step = 'create' | 'announce' | Work;
interface Work {
  isKept: boolean;
  steps: Step[];
}

class RolledBack extends Error {}

/** 30 % are rolled back. */
const isKept = fc.integer({ min: 1, max: 10 }).map((chance) => chance > 3);
const { work } = fc.letrec<{ work: Work; step: Step }>((tie) => ({
  work: fc.record({ isKept, steps: fc.array(tie('step'), { minLength: 1, maxLength: 4 }) }),
  step: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constantFrom('create', 'announce'), tie('work')),
}));

let node: Herald;
let dataSource: DataSource;
let broadcast: BroadcastService;
let orgId: string;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false', ORG_RESOURCE_QUOTA: '1000000' });
  dataSource = node.app.get(DataSource);
  broadcast = node.app.get(BroadcastService, { strict: false });
  orgId = await node.organization('owner');
});
afterAll(async () => {
  await closeAllClients();
  await node.stop();
});

let names = 0;

/** Does the work; returns the names of its changes, which are final if the transactions around it commit. */
async function run({ isKept: kept, steps }: Work, around: EntityManager | DataSource): Promise<string[]> {
  const changed: string[] = [];
  try {
    await around.transaction(async (manager) => {
      for (const step of steps) {
        if (typeof step === 'object') {
          changed.push(...(await run(step, manager)));
          continue;
        }
        const name = `n${(names += 1)}`;
        changed.push(name);
        if (step === 'create') {
          const content = { orgId, name, sensitivity: 'normal', description: null } as const;
          await manager.save(manager.create(Resource, { id: uuidv7(), ...content }));
        } else {
          await broadcast.broadcastOrgEvent(orgId, 'test.announced', { resource_name: name }, { manager });
        }
      }
      if (!kept) throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
    return [];
  }
  return changed;
}

it(
  // @abuse PG-07
  `random transactions publish exactly what they commit (TRANSACTIONS_SEED=${seed})`,
  async () => {
    const client = await node.join(`/ws/events/${orgId}/`, 'owner');
    const plan = fc.sample(work, { seed, numRuns: TRANSACTIONS });
    const committed: string[] = [];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = plan.pop(); next !== undefined; next = plan.pop())
          committed.push(...(await run(next, dataSource)));
      }),
    );
    const told = (): string[] =>
      client.received.slice(1).map(({ data }) => (data as { resource_name: string }).resource_name);
    await until(() => told().length >= committed.length);
    // A wrong event would come before this one.
    committed.push(...(await run({ isKept: true, steps: ['announce'] }, dataSource)));
    await until(() => told().includes(committed.at(-1) ?? ''));
    expect(told().toSorted()).toEqual(committed.toSorted());
    const rows = await dataSource.getRepository(Resource).find({ select: { name: true } });
    const created = client.received.filter(({ event_type: type }) => type === 'resource.created');
    expect(created.map(({ data }) => (data as { resource_name: string }).resource_name).toSorted()).toEqual(
      rows.map(({ name }) => name).toSorted(),
    );
  },
  60_000 + 60 * TRANSACTIONS,
);
