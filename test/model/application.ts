import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Resource } from '../../src/resources/resource.entity.js';
import type { ApiAnswer } from '../support/api-client.js';
import type { Change, Ledger } from './ledger.js';
import { type Operation, ORGANIZATIONS, type Step } from './plan.js';
import type { Record } from './record.js';
import type { ServingNode, System } from './system.js';

interface KnownResource {
  id: string;
  name: string;
}

/** The type of events that have no resource. */
export const ANNOUNCED = 'model.announced';
/** From this many resources on, updates replace creations. */
const ENOUGH_RESOURCES = 40;

/** Rolls back a transaction or savepoint of the model. */
class RolledBack extends Error {}

/** Makes changes over REST and in transactions of application code, and records them in the ledger. */
export class Application {
  /** Each organization's resources, except those being changed. */
  private readonly resources: KnownResource[][] = Array.from({ length: ORGANIZATIONS }, () => []);

  constructor(
    private readonly system: System,
    private readonly ledger: Ledger,
    private readonly record: Record,
  ) {}

  async write({
    kind,
    node: name,
    org,
    pick,
  }: Operation & { kind: 'create' | 'update' | 'delete' | 'announce' }): Promise<void> {
    const node = this.system.node(name);
    const resources = this.resourcesOf(org);
    if (kind === 'announce') return this.announce(node, org);
    if (resources.length === 0 || (kind === 'create' && resources.length < ENOUGH_RESOURCES))
      return this.create(node, org);
    const [resource] = resources.splice(pick % resources.length, 1);
    if (resource === undefined) return;
    return kind === 'update' ? this.update(node, org, resource) : this.remove(node, org, resource);
  }

  /** Runs a transaction of several messages and savepoints in the process of node one. */
  async transact({ isKept, steps }: Operation & { kind: 'transaction' }): Promise<void> {
    const transaction = Symbol('transaction');
    const kept: Change[] = [];
    const undone: Change[] = [];
    this.record.note(`transaction, to be ${isKept ? 'committed' : 'rolled back'}`);
    await orRolledBack(
      this.system.dataSource.transaction(async (manager) => {
        for (const step of steps) {
          const name = this.ledger.name();
          const change = this.ledger.begin(
            step.org,
            step.does === 'create' ? 'resource.created' : ANNOUNCED,
            name,
            transaction,
          );
          this.record.note(
            `  ${change.id}${step.savepoint === 'none' ? '' : `, in a savepoint that is ${step.savepoint}`}`,
          );
          (step.savepoint === 'undone' ? undone : kept).push(change);
          await this.take(step, name, manager);
        }
        if (!isKept) throw new RolledBack();
      }),
    );
    this.ledger.conclude('undone', ...undone);
    this.ledger.conclude(isKept ? 'committed' : 'undone', ...kept);
    this.record.note(`transaction ${isKept ? 'committed' : 'rolled back'}: ${kept.map(({ id }) => id).join(', ')}`);
  }

  private async take({ org, does, savepoint }: Step, name: string, manager: EntityManager): Promise<void> {
    const orgId = this.system.orgId(org);
    const change = async (inside: EntityManager): Promise<void> => {
      if (does === 'announce')
        await this.system.broadcast.broadcastOrgEvent(orgId, ANNOUNCED, { name }, { manager: inside });
      else
        await inside.save(
          inside.create(Resource, { id: uuidv7(), orgId, name, sensitivity: 'normal', description: null }),
        );
    };
    if (savepoint === 'none') return change(manager);
    await orRolledBack(
      manager.transaction(async (inside) => {
        await change(inside);
        if (savepoint === 'undone') throw new RolledBack();
      }),
    );
  }

  private async announce(node: ServingNode, org: number): Promise<void> {
    const name = this.ledger.name();
    const change = this.ledger.begin(org, ANNOUNCED, name);
    await this.ask(node, change, 202, () =>
      node.api.post(`/orgs/${this.system.orgId(org)}/events`, { event_type: ANNOUNCED, data: { name } }),
    );
  }

  private async create(node: ServingNode, org: number): Promise<void> {
    const name = this.ledger.name();
    const change = this.ledger.begin(org, 'resource.created', name);
    const answer = await this.ask(node, change, 201, () => node.api.post(this.path(org), { name }));
    if (answer !== null) this.resourcesOf(org).push({ id: answer.body.id, name });
  }

  /** A resource whose change got no answer is not used again, as its name is unknown. */
  private async update(node: ServingNode, org: number, { id }: KnownResource): Promise<void> {
    const name = this.ledger.name();
    const change = this.ledger.begin(org, 'resource.updated', name);
    const answer = await this.ask(node, change, 200, () => node.api.patch(`${this.path(org)}/${id}`, { name }));
    if (answer !== null) this.resourcesOf(org).push({ id, name });
  }

  private async remove(node: ServingNode, org: number, { id, name }: KnownResource): Promise<void> {
    const change = this.ledger.begin(org, 'resource.deleted', name);
    await this.ask(node, change, 204, () => node.api.delete(`${this.path(org)}/${id}`));
  }

  /** Returns null if the node is ending. If it is not, a failed write is a violation. */
  private async ask(
    node: ServingNode,
    change: Change,
    expected: number,
    request: () => Promise<ApiAnswer>,
  ): Promise<ApiAnswer | null> {
    this.record.note(`${change.id} by node ${node.name}`);
    const answer = await request().catch((error: unknown) => String(error));
    const status = typeof answer === 'string' ? answer : answer.status;
    this.record.note(`${change.id} answered ${status}`);
    if (typeof answer !== 'string' && answer.status === expected) {
      this.ledger.conclude('committed', change);
      return answer;
    }
    this.ledger.conclude('unknown', change);
    if (!node.isEnding) this.record.violate(`Node ${node.name} did not do ${change.id}: ${status}`);
    return null;
  }

  private path(org: number): string {
    return `/orgs/${this.system.orgId(org)}/resources`;
  }

  private resourcesOf(org: number): KnownResource[] {
    const resources = this.resources[org];
    if (resources === undefined) throw new Error(`There is no organization ${org}`);
    return resources;
  }
}

async function orRolledBack(transaction: Promise<void>): Promise<void> {
  await transaction.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error;
  });
}
