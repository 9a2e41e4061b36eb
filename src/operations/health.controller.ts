import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { Response } from 'express';
import { Public } from '../auth/public.decorator.js';
import type { ReadinessReport } from './readiness.js';
import { Readiness } from './readiness.js';

const REPORT = {
  schema: {
    type: 'object',
    required: ['status', 'dependencies'],
    properties: {
      status: { type: 'string', enum: ['ok', 'degraded', 'error', 'draining'] },
      dependencies: {
        type: 'object',
        additionalProperties: { type: 'string', enum: ['up', 'down'] },
        example: { database: 'up', keys: 'up', redis: 'up' },
      },
    },
  },
};

/** Tells load balancers and orchestrators whether to keep the process, and whether to send it traffic. */
@Public()
@ApiTags('operations')
@SkipThrottle()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs: asks nothing of its dependencies' })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string', enum: ['ok'] } } } })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether the process can serve, and how each dependency is' })
  @ApiOkResponse({ description: 'It can, if `degraded` with what works without Redis', ...REPORT })
  @ApiServiceUnavailableResponse({ description: 'It cannot, or is about to end', ...REPORT })
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    const isServing = report.status === 'ok' || report.status === 'degraded';
    response.status(isServing ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    response.setHeader('Cache-Control', 'no-store');
    return report;
  }
}
