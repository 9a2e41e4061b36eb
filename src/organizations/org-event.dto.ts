import { ApiProperty } from '@nestjs/swagger';
import { IsObject, IsString } from 'class-validator';
import type { JsonObject } from '../realtime/index.js';
import { AsGiven } from '../http/as-given.js';

/** The body of an event of the application's own type. */
export class OrgEventDto {
  @ApiProperty({
    example: 'invoice.paid',
    maxLength: 100,
    pattern: '^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$',
    description:
      'Of the form `word.word`; types that the backend defines are reserved, unless their definition allows them here',
  })
  @IsString({ message: '$property must be a text' })
  event_type: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { invoice_id: 42 },
    description: 'At most 64 KiB as JSON',
  })
  @IsObject({ message: '$property must be an object' })
  @AsGiven()
  data: JsonObject;
}

/** An event that was accepted. */
export class PublishedEventDto {
  @ApiProperty({ example: 'invoice.paid' })
  event_type: string;

  @ApiProperty({ format: 'uuid' })
  org_id: string;
}
