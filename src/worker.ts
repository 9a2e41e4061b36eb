import 'reflect-metadata';
import { createWorker } from './app.js';
import { EnvironmentError } from './config/environment.js';
import { runProcess } from './run-process.js';

await runProcess(async (environment) => {
  if (environment.redis === null) {
    throw new EnvironmentError([
      'REDIS_HOST: got nothing; a worker takes its jobs from Redis, and tells of them through it',
    ]);
  }
  const app = await createWorker(environment);
  process.stdout.write('Herald worker: processing jobs\n');
  return app;
});
