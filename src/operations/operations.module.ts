import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DocsController } from './docs.controller.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** What those who run Herald need: health and the API's documents. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, DocsController],
  providers: [Readiness],
})
export class OperationsModule {}
