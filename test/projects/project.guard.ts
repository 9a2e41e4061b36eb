import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ConnectionRefusedError, type Handshake } from '../../src/realtime/index.js';
import { CLOSES } from './project-channel.js';
import { ProjectsService } from './projects.service.js';

@Injectable()
export class ProjectGuard implements CanActivate {
  constructor(private readonly projects: ProjectsService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { params, principal } = context.switchToWs().getClient<Handshake>();
    const project = await this.projects.find(params.id ?? '');
    if (project?.memberIds.includes(principal.userId) === true) return true;
    throw new ConnectionRefusedError(CLOSES.removed);
  }
}
