import { IsString, IsUUID } from 'class-validator';
import { type Close, defineChannel, isUuid } from '../../src/realtime/index.js';

class ProjectRenamed {
  @IsUUID()
  project_id: string;

  @IsString()
  name: string;
}

/** The live events of a project. */
export const projects = defineChannel('project', { id: isUuid }, { 'project.renamed': ProjectRenamed });

/** How clients are closed: those who leave a project, and everyone when it ends. */
export const CLOSES = {
  removed: { code: 4003, reason: 'not_in_project' },
  archived: { code: 4003, reason: 'project_archived' },
} as const satisfies Record<string, Close>;
