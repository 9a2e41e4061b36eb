import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { IsUserId, USER_ID_SCHEMA } from '../auth/is-user-id.decorator.js';
import { IsText } from '../http/is-text.js';

/** The limit of a notification's body. */
const BODY = { max: 4_000, multiline: true };

/** The body of a direct message. */
export class SendMessageDto {
  @ApiProperty({ ...USER_ID_SCHEMA, example: 'bob', description: 'The user id of a member' })
  @IsUserId()
  to: string;

  @ApiProperty({ example: 'Lunch?', minLength: 1, maxLength: BODY.max })
  @Matches(/\S/, { message: '$property must not be blank' })
  @IsText(BODY)
  body: string;
}

/** A message as it was sent. */
export class MessageDto {
  @ApiProperty({ format: 'uuid', description: 'The `message_id` of the notification' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  org_id: string;

  @ApiProperty({ example: 'alice' })
  from: string;

  @ApiProperty({ example: 'bob' })
  to: string;

  @ApiProperty({ example: 'Lunch?' })
  body: string;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}
