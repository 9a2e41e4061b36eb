import 'reflect-metadata';
import { createWorker } from './app.js';
import { runProcess } from './run-process.js';

await runProcess(async (environment) => {
  const app = await createWorker(environment);
  process.stdout.write('Herald worker: processing jobs\n');
  return app;
});
