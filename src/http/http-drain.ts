import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Environment } from '../config/environment.js';

/**
 * Bounds how long the HTTP server waits for its connections when the process ends: one that has not sent its request yet, as
 * browsers open in advance, would be waited for without an end.
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
    setTimeout(() => server?.closeAllConnections(), this.environment.shutdownGraceMs).unref();
  }
}
