import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BroadcastService, isUuid } from '../../src/realtime/index.js';
import { CLOSES, projects } from './project-channel.js';
import { Project } from './project.entity.js';

@Injectable()
export class ProjectsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {}

  async find(id: string): Promise<Project | null> {
    return isUuid(id) === false ? null : this.dataSource.manager.findOneBy(Project, { id, isArchived: false });
  }

  create(orgId: string, memberIds: string[]): Promise<Project> {
    return this.dataSource.manager.save(Project, { id: randomUUID(), orgId, memberIds, isArchived: false });
  }

  /** Announced exactly if the renaming commits. */
  async rename(id: string, name: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.broadcast.publish(projects.of(id), 'project.renamed', { project_id: id, name }, { manager });
      if (name === '') throw new Error('A project takes a name');
    });
  }

  async removeMember(id: string, userId: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const project = await manager.findOneByOrFail(Project, { id });
      project.memberIds = project.memberIds.filter((memberId) => memberId !== userId);
      await manager.save(project);
      await this.broadcast.revoke(projects.of(id), userId, CLOSES.removed, { manager });
    });
  }

  async archive(id: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.update(Project, { id }, { isArchived: true });
      await this.broadcast.revoke(projects.of(id), null, CLOSES.archived, { manager });
    });
  }
}
