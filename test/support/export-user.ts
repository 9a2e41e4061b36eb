import { readdir } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { EXPORT_QUEUE } from '../../src/exports/export-queue.js';
import { Resource } from '../../src/resources/resource.entity.js';
import type { ApiClient } from './api-client.js';
import type { Deployment } from './deployment.js';
import { until } from './until.js';
import { connect, type TestClient } from './ws-client.js';

type Outcome = 'task.completed' | 'task.failed';

interface Told {
  type: string;
  task_id: string;
}

/** The owner of a deployment's organization, who asks for exports of its resources and sees what becomes of them. */
export class ExportUser {
  private constructor(
    private readonly deployment: Deployment,
    private readonly exportsDir: string,
    private readonly api: ApiClient,
    private readonly socket: TestClient,
    private readonly resourceIds: readonly string[],
  ) {}

  static async of(deployment: Deployment, exportsDir: string, resources: number): Promise<ExportUser> {
    const [node] = deployment.nodes;
    const rows = Array.from({ length: resources }, (_, n) => ({
      id: uuidv7(),
      orgId: deployment.orgId,
      name: `Resource ${n}`,
      sensitivity: 'normal' as const,
      description: null,
    }));
    const repository = node.app.get(DataSource).getRepository(Resource);
    await repository.createQueryBuilder().insert().values(rows).callListeners(false).execute();
    const socket = await connect(`${node.wsUrl}/ws/notifications/`, { token: deployment.token });
    await socket.next();
    const ids = rows.map(({ id }) => id);
    return new ExportUser(deployment, exportsDir, deployment.api(node), socket, ids);
  }

  async request(): Promise<string> {
    const { status, body } = await this.api.post(`/orgs/${this.deployment.orgId}/exports`, { format: 'csv' });
    expect({ status, body }).toMatchObject({ status: 202, body: { status: 'queued' } });
    return body.id;
  }

  async state(id: string): Promise<{ status: string; progress: number }> {
    return (await this.api.get(`/orgs/${this.deployment.orgId}/exports/${id}`)).body;
  }

  /** Waits until the user was told how each has ended, and no job is left. */
  async ended(ids: readonly string[], deadlineMs: number): Promise<void> {
    await until(() => ids.every((id) => this.seen.some(({ task_id }) => task_id === id)), deadlineMs);
    const queue = this.deployment.nodes[0].app.get<Queue>(getQueueToken(EXPORT_QUEUE));
    await until(async () => (await queue.getJobCountByTypes('active', 'waiting', 'delayed')) === 0, deadlineMs);
  }

  /** Expects the file of each to be whole, one notification of each in the inbox and on the socket, and no other file. */
  async expectCompleted(ids: readonly string[]): Promise<void> {
    await this.expectToldOnce(ids, 'task.completed');
    for (const id of ids) {
      expect(await this.state(id)).toMatchObject({ status: 'completed', progress: 100 });
      const { body } = await this.api.get(`/orgs/${this.deployment.orgId}/exports/${id}/download`);
      const lines = (body as string).trimEnd().split('\n').slice(1);
      expect(lines.map((line) => line.split(',')[0])).toEqual(this.resourceIds);
    }
    expect((await readdir(this.exportsDir)).sort()).toEqual(ids.map((id) => `${id}.csv`).sort());
  }

  /** Expects one notification of each in the inbox, and one on the socket. */
  async expectToldOnce(ids: readonly string[], type: Outcome): Promise<void> {
    await this.expectOutcomes(Object.fromEntries(ids.map((id) => [id, type])));
  }

  /** The same of exports that have ended differently, by their ids; and no notification of any other. */
  async expectOutcomes(outcomes: Record<string, Outcome>): Promise<void> {
    const { body } = await this.api.get('/notifications?limit=100');
    const told = inOrder(Object.entries(outcomes).map(([id, type]) => ({ type, task_id: id })));
    expect(inOrder(body.items)).toMatchObject(told);
    // What comes after them on the same channel shows that nothing of them is still to come.
    await this.deployment.notify('marker');
    await until(() => this.notifications.some(({ title }) => title === 'marker'));
    expect(inOrder(this.seen)).toMatchObject(told);
  }

  private get notifications(): Record<string, unknown>[] {
    return this.socket.received.flatMap(({ notification }) => notification ?? []) as Record<string, unknown>[];
  }

  private get seen(): Told[] {
    return this.notifications.filter(({ task_id }) => task_id !== undefined) as unknown as Told[];
  }
}

function inOrder(told: Told[]): Told[] {
  return [...told].sort((a, b) => a.task_id.localeCompare(b.task_id));
}
