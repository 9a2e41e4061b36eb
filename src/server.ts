import 'reflect-metadata';
import cluster from 'node:cluster';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Environment } from './config/environment.js';
import { announce } from './announce.js';
import { firstSteps } from './first-steps.js';
import type { Closable } from './run-process.js';

/**
 * Starts the server: in this process, or in as many as `WEB_CONCURRENCY` says. Imports on demand: invalid variables are reported at
 * once, and the process that only watches the others stays small.
 */
export async function startServer(environment: Environment, ending: AbortSignal): Promise<Closable> {
  if (environment.webConcurrency === 1) return serveAlone(environment);
  return cluster.isPrimary ? watchServers(environment, ending) : serve(environment);
}

async function serve(environment: Environment): Promise<NestExpressApplication> {
  const { createHerald } = await import('./app.js');
  const { listen } = await import('./http/listen.js');
  const app = await createHerald(environment);
  await listen(app, environment);
  return app;
}

async function serveAlone(environment: Environment): Promise<Closable> {
  const app = await serve(environment);
  announce(firstSteps(app.getHttpServer().address(), environment));
  return app;
}

async function watchServers(environment: Environment, ending: AbortSignal): Promise<Closable> {
  const { ServerProcesses } = await import('./server-processes.js');
  const { database, runMigrations, webConcurrency } = environment;
  if (runMigrations && database !== null) {
    const { Logger } = await import('@nestjs/common');
    const { migrate } = await import('./database/migrate.js');
    const { serverOptions } = await import('./database/data-source.js');
    const { ProcessLogger } = await import('./operations/process-logger.js');
    Logger.overrideLogger(new ProcessLogger(environment));
    for (const name of await migrate(serverOptions(database))) announce(`Applied ${name}`);
  }
  const servers = await ServerProcesses.start(webConcurrency, ending);
  if (!ending.aborted) announce(firstSteps(servers.address, environment));
  return servers;
}
