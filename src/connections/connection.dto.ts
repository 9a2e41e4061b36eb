import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, IsUUID } from 'class-validator';
import { IsUserId } from '../auth/is-user-id.decorator.js';
import { PageQuery } from '../http/pagination.js';
import type { ConnectionRecord } from '../realtime/index.js';

/** Filters the list of connections. */
export class ConnectionsQuery extends PageQuery {
  @ApiPropertyOptional({
    type: String,
    minLength: 1,
    maxLength: 255,
    example: 'bob',
    description: 'Only connections of this user',
  })
  @IsOptional()
  @IsUserId()
  user_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: "Only connections to this organization's events" })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value))
  @IsUUID()
  org_id?: string;
}

/** A live connection. */
export class ConnectionDto implements ConnectionRecord {
  @ApiProperty({ format: 'uuid' })
  connection_id: string;

  @ApiProperty({ example: 'bob' })
  user_id: string;

  @ApiProperty({ example: 'events', description: "The gateway's name: the words of its path after /ws/" })
  endpoint: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Null for other channels than organizations',
  })
  org_id: string | null;

  @ApiProperty({ example: 'herald-7f9c-17-3b1d5e02', description: 'The process that the client is connected to' })
  node: string;

  @ApiProperty({ format: 'date-time' })
  connected_at: string;

  @ApiProperty({ format: 'date-time', description: 'When its token expires' })
  expires_at: string;

  @ApiProperty({ example: '203.0.113.7' })
  remote_address: string;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 12,
    description: 'Frames sent; a few seconds old for connections of other nodes',
  })
  sent: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 5_120,
    description: 'Bytes sent; a few seconds old for connections of other nodes',
  })
  sent_bytes: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 0,
    description: 'Bytes not yet taken by the client; a few seconds old for connections of other nodes',
  })
  buffered_bytes: number;
}
