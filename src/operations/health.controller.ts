import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  type ApiResponseNoStatusOptions,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { Response } from 'express';
import { Public } from '../auth/public.decorator.js';
import type { ReadinessReport } from './readiness.js';
import { Readiness } from './readiness.js';

const SCHEMA = {
  type: 'object',
  required: ['status', 'dependencies'],
  properties: {
    status: { type: 'string', enum: ['ok', 'degraded', 'error', 'draining'] },
    dependencies: { type: 'object', additionalProperties: { type: 'string', enum: ['up', 'down'] } },
    missing_migrations: {
      type: 'array',
      items: { type: 'string' },
      description: 'With `RUN_MIGRATIONS=false`: migrations that the schema lacks',
    },
    unknown_migrations: {
      type: 'array',
      items: { type: 'string' },
      description: 'With `RUN_MIGRATIONS=false`: migrations that a newer version has applied',
    },
  },
};

/** Answers must not be cached. */
const NO_STORE = { 'Cache-Control': { schema: { type: 'string' }, example: 'no-store' } };

const READY: ReadinessReport = { status: 'ok', dependencies: { database: 'up', keys: 'up', redis: 'up' } };
const NOT_READY: ReadinessReport = { status: 'error', dependencies: { database: 'down', keys: 'up', redis: 'up' } };

function reports(example: ReadinessReport): Pick<ApiResponseNoStatusOptions, 'content' | 'headers'> {
  return { headers: NO_STORE, content: { 'application/json': { schema: SCHEMA, example } } };
}

/** Health checks: liveness, whether to restart the process, and readiness, whether to send it traffic. */
@Public()
@ApiTags('operations')
@SkipThrottle()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs; does not check its dependencies' })
  @ApiOkResponse({
    schema: { type: 'object', required: ['status'], properties: { status: { type: 'string', enum: ['ok'] } } },
  })
  checkLiveness(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether the process can serve, and the state of each dependency' })
  @ApiOkResponse({ description: 'It can serve; if `degraded`, only what works without Redis', ...reports(READY) })
  @ApiServiceUnavailableResponse({ description: 'It cannot serve, or is shutting down', ...reports(NOT_READY) })
  async checkReadiness(@Res({ passthrough: true }) response: Response): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    const isServing = report.status === 'ok' || report.status === 'degraded';
    response.status(isServing ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    response.setHeader('Cache-Control', 'no-store');
    return report;
  }
}
