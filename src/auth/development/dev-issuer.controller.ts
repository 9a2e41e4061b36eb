import { Body, Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../public.decorator.js';
import { DevTokenAnswer, DevTokenDto, JwksAnswer } from './dev-token.dto.js';
import { DevelopmentIssuer } from './development-issuer.js';

const DEFAULT_LIFE_SECONDS = 3_600;

/** The development issuer over HTTP. Mounted only where no identity provider is configured. */
@ApiTags('development')
@Public()
@Controller('dev')
export class DevIssuerController {
  constructor(private readonly issuer: DevelopmentIssuer) {}

  @Post('token')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Signs a token for any user' })
  @ApiOkResponse({
    type: DevTokenAnswer,
    headers: { 'Cache-Control': { schema: { type: 'string' }, example: 'no-store' } },
  })
  async createDevelopmentToken(@Body() body: DevTokenDto): Promise<DevTokenAnswer> {
    const expiresIn = body.expires_in ?? DEFAULT_LIFE_SECONDS;
    const token = await this.issuer.sign({
      userId: body.user_id,
      email: body.email ?? undefined,
      name: body.name ?? undefined,
      roles: body.roles ?? undefined,
      expiresInSeconds: expiresIn,
    });
    return new DevTokenAnswer(token, expiresIn);
  }

  @Get('jwks')
  @ApiOperation({ summary: 'The keys that verify development tokens' })
  @ApiOkResponse({ type: JwksAnswer })
  async listDevelopmentKeys(): Promise<JwksAnswer> {
    return { keys: await this.issuer.fetch() };
  }
}
