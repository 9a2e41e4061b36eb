import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import type { Environment } from './config/environment.js';
import { serveConsole } from './console/console-files.js';
import { BoundedExpressAdapter } from './http/bounded-express-adapter.js';
import { configureHttp } from './http/configure-http.js';
import { setupDocs } from './operations/openapi.js';
import { ProcessLogger } from './operations/process-logger.js';
import { requestLog } from './operations/request-log.js';
import { RealtimeAdapter } from './realtime/index.js';

/**
 * Builds the server: HTTP and WebSocket. It serves after `listen`; `close` drains it.
 * @param root the root module, to which an application can add its own
 */
export async function createHerald(
  environment: Environment,
  root: DynamicModule = AppModule.forRoot(environment),
): Promise<NestExpressApplication> {
  const logger = new ProcessLogger(environment);
  // Errors at start go to the caller; by default Nest would exit.
  const options = { logger, abortOnError: false };
  const app = await NestFactory.create<NestExpressApplication>(root, new BoundedExpressAdapter(environment), options);
  app.use(requestLog(logger.pino, environment));
  configureHttp(app, environment);
  setupDocs(app);
  serveConsole(app);
  app.useWebSocketAdapter(new RealtimeAdapter(app));
  return app;
}

/** Builds a process that runs jobs and broadcasts, without listening on a port. */
export function createWorker(environment: Environment): Promise<INestApplicationContext> {
  const options = { logger: new ProcessLogger(environment), abortOnError: false };
  return NestFactory.createApplicationContext(AppModule.forRoot(environment), options);
}
