import { Controller, Get, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { Request } from 'express';
import { Public } from '../auth/public.decorator.js';
import { GatewayRegistry } from '../realtime/index.js';
import type { AsyncApiDocument } from './asyncapi.js';
import { asyncApiDocument } from './asyncapi.js';

/** Serves the WebSocket API's document; `setupDocs` serves that of the HTTP API. */
@Public()
@ApiExcludeController()
@SkipThrottle()
@Controller('docs')
export class DocsController {
  constructor(private readonly gateways: GatewayRegistry) {}

  @Get('asyncapi.json')
  asyncApi(@Req() request: Request): AsyncApiDocument {
    return asyncApiDocument(request.host, request.secure ? 'wss' : 'ws', this.gateways.list());
  }
}
