import { type Close, defineChannel, isUuid } from '../../src/realtime/index.js';

export const projects = defineChannel('project', { id: isUuid });

/** How clients are closed: those who leave a project, and everyone when it ends. */
export const CLOSES = {
  removed: { code: 4003, reason: 'not_in_project' },
  archived: { code: 4003, reason: 'project_archived' },
} as const satisfies Record<string, Close>;
