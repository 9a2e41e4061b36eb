import 'reflect-metadata';
import { announce } from './announce.js';
import { EnvironmentError } from './config/environment.js';
import { runProcess } from './run-process.js';

await runProcess(async (environment) => {
  if (environment.redis === null) {
    throw new EnvironmentError([
      'REDIS_HOST: got nothing; a worker takes its jobs from Redis, and tells of them through it',
    ]);
  }
  // Not before it is clear that it is to run: wrong variables are told at once.
  const { createWorker } = await import('./app.js');
  const app = await createWorker(environment);
  announce('Herald worker: processing jobs');
  return app;
});
