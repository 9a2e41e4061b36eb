import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Environment } from '../config/environment.js';

const IDLE_CHECK_MS = 50;

/**
 * Limits how long the HTTP server waits for its connections when the process ends. Otherwise it would wait forever for connections
 * that have not sent a request yet, which browsers open in advance, and for kept-alive connections until they time out.
 */
@Injectable()
export class HttpDrain implements OnModuleDestroy {
  constructor(
    private readonly environment: Environment,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleDestroy(): void {
    // A worker has no HTTP server.
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
