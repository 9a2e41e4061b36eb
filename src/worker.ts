import 'reflect-metadata';
import { announce } from './announce.js';
import { EnvironmentError } from './config/environment.js';
import { runProcess } from './run-process.js';

await runProcess(async (environment) => {
  if (environment.redis === null) {
    throw new EnvironmentError(['REDIS_HOST: got nothing; a worker needs Redis, for its jobs and for publishing']);
  }
  // Imported on demand, so that invalid variables are reported at once.
  const { createWorker } = await import('./app.js');
  const app = await createWorker(environment);
  announce('Herald worker: processing jobs');
  return app;
});
