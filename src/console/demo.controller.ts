import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/public.decorator.js';
import { DemoOrganization } from './demo-organization.js';

/** Mounted only where no identity provider is configured. */
@ApiTags('development')
@Public()
@Controller('dev')
export class DemoController {
  constructor(private readonly demo: DemoOrganization) {}

  @Post('demo')
  @HttpCode(204)
  @ApiOperation({ summary: "Creates the demo organization of alice, bob and carol, if it doesn't exist" })
  @ApiNoContentResponse({ description: 'The organization exists.' })
  async createDemo(): Promise<void> {
    await this.demo.ensure();
  }
}
