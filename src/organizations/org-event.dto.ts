import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsObject, IsString } from 'class-validator';
import type { JsonObject } from '../realtime/index.js';
import { AsGiven } from '../http/as-given.js';
import { itemsOf } from '../http/items-of.js';

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

/** How many events one request publishes. */
const MOST = 100;

/** The body of many events. */
export class OrgEventsDto {
  @ApiProperty({ type: [OrgEventDto], minItems: 1, maxItems: MOST, description: 'In this order' })
  @IsArray({ message: '$property must be a list' })
  @AsGiven()
  events: OrgEventDto[];
}

/** @throws {InvalidInputError} */
export function eventsOf({ events }: OrgEventsDto): Promise<OrgEventDto[]> {
  return itemsOf(events, 'events', MOST, OrgEventDto);
}

/** How many were accepted. */
export class CountDto {
  @ApiProperty({ type: 'integer', example: 1 })
  count: number;
}

/** An event that was accepted. */
export class PublishedEventDto {
  @ApiProperty({ example: 'invoice.paid' })
  event_type: string;

  @ApiProperty({ format: 'uuid' })
  org_id: string;
}
