import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HttpDrain } from '../http/http-drain.js';
import { DocsController } from './docs.controller.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { Readiness } from './readiness.js';

/** For operators: health checks, metrics and the API documents. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, DocsController, MetricsController],
  providers: [Readiness, HttpDrain],
})
export class OperationsModule {}
