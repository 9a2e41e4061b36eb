import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { IsUserId } from '../is-user-id.decorator.js';

const YEAR_SECONDS = 31_536_000;

/** The body of `POST /dev/token`. */
export class DevTokenDto {
  @ApiProperty({ example: 'alice', description: "The token's `sub`" })
  @IsUserId()
  user_id: string;

  @ApiPropertyOptional({ example: 'alice@example.com' })
  @IsOptional()
  @IsString()
  @Length(1, 320)
  email?: string;

  @ApiPropertyOptional({ example: 'Alice' })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  name?: string;

  @ApiPropertyOptional({ type: [String], example: ['realtime-admin'], description: 'Realm roles' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(32)
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  roles?: string[];

  @ApiPropertyOptional({ default: 3_600, minimum: 1, maximum: YEAR_SECONDS, description: 'Seconds' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(YEAR_SECONDS)
  expires_in?: number;
}

/** As an OAuth 2 token endpoint answers (RFC 6749 section 5.1). */
export class DevTokenAnswer {
  @ApiProperty({ type: String })
  readonly access_token: string;

  @ApiProperty({ enum: ['Bearer'] })
  readonly token_type = 'Bearer';

  @ApiProperty({ type: Number, description: 'Seconds' })
  readonly expires_in: number;

  constructor(accessToken: string, expiresInSeconds: number) {
    this.access_token = accessToken;
    this.expires_in = expiresInSeconds;
  }
}
