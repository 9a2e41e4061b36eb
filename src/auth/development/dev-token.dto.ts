import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { IsUserId, USER_ID_SCHEMA } from '../is-user-id.decorator.js';

const YEAR_SECONDS = 31_536_000;

/** The body of `POST /dev/token`. */
export class DevTokenDto {
  @ApiProperty({ ...USER_ID_SCHEMA, example: 'alice', description: "The token's `sub`" })
  @IsUserId()
  user_id: string;

  @ApiPropertyOptional({ example: 'alice@example.com', minLength: 1, maxLength: 320 })
  @IsOptional()
  @IsString()
  @Length(1, 320)
  email?: string;

  @ApiPropertyOptional({ example: 'Alice', minLength: 1, maxLength: 255 })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  name?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 64 },
    maxItems: 32,
    example: ['realtime-admin'],
    description: 'Realm roles',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(32)
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  roles?: string[];

  @ApiPropertyOptional({ type: 'integer', default: 3_600, minimum: 1, maximum: YEAR_SECONDS, description: 'Seconds' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(YEAR_SECONDS)
  expires_in?: number;
}

/** The answer of an OAuth 2 token endpoint (RFC 6749 section 5.1). */
export class DevTokenAnswer {
  @ApiProperty({ type: String, example: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl' })
  readonly access_token: string;

  @ApiProperty({ enum: ['Bearer'] })
  readonly token_type = 'Bearer';

  @ApiProperty({ type: 'integer', example: 3_600, description: 'Seconds' })
  readonly expires_in: number;

  constructor(accessToken: string, expiresInSeconds: number) {
    this.access_token = accessToken;
    this.expires_in = expiresInSeconds;
  }
}

class PublicKeyDto {
  @ApiProperty({ example: 'JW2kYpL0' })
  kid: string;

  @ApiProperty({ enum: ['RS256'] })
  alg: string;

  @ApiProperty({ enum: ['sig'] })
  use: string;

  @ApiProperty({ enum: ['RSA'] })
  kty: string;

  @ApiProperty({ example: 'u1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gun', description: 'The modulus' })
  n: string;

  @ApiProperty({ example: 'AQAB', description: 'The exponent' })
  e: string;
}

/** The public keys, as an identity provider publishes them (RFC 7517). */
export class JwksAnswer {
  @ApiProperty({ type: [PublicKeyDto] })
  keys: readonly object[];
}
