import 'reflect-metadata';
import cluster from 'node:cluster';
import { createHerald } from './app.js';
import { serverOptions } from './database/data-source.js';
import { migrate } from './database/migrate.js';
import { firstSteps } from './first-steps.js';
import { listen } from './http/listen.js';
import { runProcess } from './run-process.js';
import { ServerProcesses } from './server-processes.js';

await runProcess(async (environment, ending) => {
  const { webConcurrency, databaseUrl, runMigrations } = environment;
  const isOneOfSeveral = webConcurrency > 1;
  if (isOneOfSeveral && cluster.isPrimary) {
    const applied = runMigrations && databaseUrl !== null ? await migrate(serverOptions(databaseUrl)) : [];
    for (const name of applied) process.stdout.write(`Applied ${name}\n`);
    const processes = await ServerProcesses.start(webConcurrency, ending);
    if (!ending.aborted) process.stdout.write(firstSteps(processes.address, environment));
    return processes;
  }
  const app = await createHerald(environment);
  await listen(app, environment);
  if (!isOneOfSeveral) process.stdout.write(firstSteps(app.getHttpServer().address(), environment));
  return app;
});
