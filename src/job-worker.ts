import 'reflect-metadata';
import { announce } from './announce.js';
import { type Environment, EnvironmentError } from './config/environment.js';
import type { Closable } from './run-process.js';

/** Starts a process that runs jobs and listens on no port. */
export async function startWorker(environment: Environment): Promise<Closable> {
  if (environment.redis === null) {
    throw new EnvironmentError(['REDIS_HOST: got nothing; a worker needs Redis, for its jobs and for publishing']);
  }
  // Imported on demand, so that invalid variables are reported at once.
  const { createWorker } = await import('./app.js');
  const app = await createWorker(environment);
  announce('Herald worker: processing jobs');
  return app;
}
