import { UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import {
  type Admission,
  type Handshake,
  orgChannel,
  type RealtimeGateway,
  WsJwtGuard,
} from '../../src/realtime/index.js';
import { projects } from './project-channel.js';
import { ProjectGuard } from './project.guard.js';
import { ProjectsService } from './projects.service.js';

/** The live events of a project, for its members, who also hear what happens in its organization. */
@UseGuards(WsJwtGuard, ProjectGuard)
@WebSocketGateway({ path: '/ws/projects/:id' })
export class ProjectsGateway implements RealtimeGateway {
  readonly kinds = [projects, orgChannel];

  constructor(private readonly service: ProjectsService) {}

  async admit({ params }: Handshake): Promise<Admission> {
    const id = params.id ?? '';
    const project = await this.service.find(id);
    return {
      channel: projects.of(id),
      alsoReceives: project === null ? [] : [orgChannel.of(project.orgId)],
      announcements: true,
      welcome: { project_id: id },
    };
  }
}
