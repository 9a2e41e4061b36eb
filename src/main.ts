import 'reflect-metadata';
import cluster from 'node:cluster';
import { createHerald } from './app.js';
import { firstSteps } from './first-steps.js';
import { listen } from './http/listen.js';
import { runProcess } from './run-process.js';
import { ServerProcesses } from './server-processes.js';

await runProcess(async (environment) => {
  const isOneOfSeveral = environment.webConcurrency > 1;
  if (isOneOfSeveral && cluster.isPrimary) {
    const processes = await ServerProcesses.start(environment.webConcurrency);
    process.stdout.write(firstSteps(processes.address, environment));
    return processes;
  }
  const app = await createHerald(environment);
  await listen(app, environment);
  if (!isOneOfSeveral) process.stdout.write(firstSteps(app.getHttpServer().address(), environment));
  return app;
});
