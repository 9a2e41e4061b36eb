import { IsString, IsUUID } from 'class-validator';
import { defineNotification } from '../realtime/index.js';

/** A task of the user has succeeded. */
class TaskCompleted {
  @IsUUID('loose')
  task_id: string;

  @IsString()
  task_name: string;

  /** Where to get the result. */
  @IsString()
  action_url: string;
}

/** A task of the user has failed. */
class TaskFailed {
  @IsUUID('loose')
  task_id: string;

  @IsString()
  task_name: string;

  /** A sentence for the user. */
  @IsString()
  error: string;
}

declare module '../realtime/index.js' {
  interface Notifications {
    'task.completed': TaskCompleted;
    'task.failed': TaskFailed;
  }
}

defineNotification('task.completed', TaskCompleted);
defineNotification('task.failed', TaskFailed);
