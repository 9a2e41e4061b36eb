import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import { Registry } from 'prom-client';
import { Public } from '../auth/public.decorator.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';

const EXAMPLE = `# HELP herald_outbox_depth Messages waiting in the outbox
# TYPE herald_outbox_depth gauge
herald_outbox_depth 0
`;

/** What Prometheus reads. It holds no ids and no secrets; still, it is nothing for the open internet. */
@ApiTags('operations')
@SkipThrottle()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: ProcessMetrics) {}

  @Public()
  @Get()
  @ApiOperation({ summary: 'What Prometheus reads' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } } })
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  readMetrics(): Promise<string> {
    return this.metrics.read();
  }
}
