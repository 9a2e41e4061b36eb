import { readdir, rm } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Environment } from '../../src/config/environment.js';
import { EXPORT_QUEUE } from '../../src/exports/export-queue.js';
import { BroadcastService } from '../../src/realtime/index.js';
import { Resource } from '../../src/resources/resource.entity.js';
import type { ApiClient } from './api-client.js';
import type { Herald } from './herald.js';
import { until } from '../../src/realtime/testing/until.js';
import type { TestClient } from './ws-client.js';

type Outcome = 'task.completed' | 'task.failed';

interface Told {
  type: string;
  task_id: string;
}

/** The owner of a new organization, who requests exports of its resources and follows them. */
export class ExportUser {
  private constructor(
    private readonly node: Herald,
    private readonly name: string,
    private readonly orgId: string,
    private readonly api: ApiClient,
    private readonly socket: TestClient,
    private readonly resourceIds: readonly string[],
  ) {}

  static async of(node: Herald, resources: number): Promise<ExportUser> {
    const name = uuidv7();
    const orgId = await node.organization(name);
    const rows = Array.from({ length: resources }, (_, n) => ({
      id: uuidv7(),
      orgId,
      name: `Resource ${n}`,
      sensitivity: 'normal' as const,
      description: null,
    }));
    const repository = node.app.get(DataSource).getRepository(Resource);
    await repository.createQueryBuilder().insert().values(rows).callListeners(false).execute();
    const socket = await node.join('/ws/notifications/', name);
    const ids = rows.map(({ id }) => id);
    return new ExportUser(node, name, orgId, await node.api(name), socket, ids);
  }

  /** The folder of the export files. */
  get exportsDir(): string {
    return this.node.app.get(Environment).exportsDir;
  }

  async request(): Promise<string> {
    const { status, body } = await this.api.post(`/orgs/${this.orgId}/exports`, { format: 'csv' });
    expect({ status, body }).toMatchObject({ status: 202, body: { status: 'queued' } });
    return body.id;
  }

  async state(id: string): Promise<{ status: string; progress: number }> {
    return (await this.api.get(`/orgs/${this.orgId}/exports/${id}`)).body;
  }

  /** Waits until the user has received the outcome of each export and no job is left. */
  async ended(ids: readonly string[], deadlineMs: number): Promise<void> {
    await until(() => {
      const told = new Set(this.seen.map(({ task_id }) => task_id));
      return ids.every((id) => told.has(id));
    }, deadlineMs);
    const queue = this.node.app.get<Queue>(getQueueToken(EXPORT_QUEUE));
    await until(async () => (await queue.getJobCountByTypes('active', 'waiting', 'delayed')) === 0, deadlineMs);
  }

  /** Expects a complete file for each export, one notification for each in the inbox and on the socket, and no other file. */
  async expectCompleted(ids: readonly string[]): Promise<void> {
    await this.expectToldOnce(ids, 'task.completed');
    for (const id of ids) {
      expect(await this.state(id)).toMatchObject({ status: 'completed', progress: 100 });
      const { body } = await this.api.get(`/orgs/${this.orgId}/exports/${id}/download`);
      const lines = (body as string).trimEnd().split('\n').slice(1);
      expect(lines.map((line) => line.split(',')[0])).toEqual(this.resourceIds);
    }
    expect((await readdir(this.exportsDir)).sort()).toEqual(ids.map((id) => `${id}.csv`).sort());
  }

  /** Expects one notification for each export in the inbox, and one on the socket. */
  async expectToldOnce(ids: readonly string[], type: Outcome): Promise<void> {
    await this.expectOutcomes(Object.fromEntries(ids.map((id) => [id, type])));
  }

  /** Expects one notification with the given outcome for each export, and no others. */
  async expectOutcomes(outcomes: Record<string, Outcome>): Promise<void> {
    const { body } = await this.api.get('/notifications?limit=100');
    const told = inOrder(Object.entries(outcomes).map(([id, type]) => ({ type, task_id: id })));
    expect(inOrder(body.items)).toMatchObject(told);
    // A marker on the same channel: once it arrives, no earlier notification is still to come.
    const broadcast = this.node.app.get(BroadcastService, { strict: false });
    await broadcast.broadcastNotification(this.name, { title: 'marker' }, { ephemeral: true });
    await until(() => this.notifications.some(({ title }) => title === 'marker'));
    expect(inOrder(this.seen)).toMatchObject(told);
  }

  async deleteFiles(): Promise<void> {
    await rm(this.exportsDir, { recursive: true, force: true });
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
