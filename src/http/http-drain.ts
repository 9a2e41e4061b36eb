import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Environment } from '../config/environment.js';

const IDLE_CHECK_MS = 50;

/**
 * Bounds how long the HTTP server waits for its connections when the process ends. One that has not sent its request yet, as
 * browsers open in advance, would be waited for without an end; one that had its answer after the server has stopped listening,
 * for as long as it is kept for further requests.
 */
@Injectable()
export class HttpDrain implements OnModuleDestroy {
  constructor(
    private readonly environment: Environment,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleDestroy(): void {
    // A worker has none.
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    const server = adapter?.getHttpServer() as ReturnType<NestExpressApplication['getHttpServer']> | undefined;
    if (server === undefined) return;
    const closeIdle = setInterval(() => {
      if (!server.listening) server.closeIdleConnections();
    }, IDLE_CHECK_MS).unref();
    server.once('close', () => clearInterval(closeIdle));
    setTimeout(() => server.closeAllConnections(), this.environment.shutdownGraceMs).unref();
  }
}
