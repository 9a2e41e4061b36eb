import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { IsText } from '../http/is-text.js';
import type { Comment } from './comment.entity.js';

/** The limit of a notification's body, so that mentioned members can read the whole comment. */
const BODY = { max: 4_000, multiline: true };

/** The body of a new comment. */
export class WriteCommentDto {
  @ApiProperty({
    example: 'What do you think, @bob?',
    minLength: 1,
    maxLength: BODY.max,
    description: '`@<user_id>` or `@<e-mail>` notifies a member of the organization',
  })
  @Matches(/\S/, { message: '$property must not be blank' })
  @IsText(BODY)
  body: string;
}

/** A comment in an answer. */
export class CommentDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  resource_id: string;

  @ApiProperty({ example: 'alice', description: 'The id of the user who wrote it' })
  author: string;

  @ApiProperty({ example: 'What do you think, @bob?' })
  body: string;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  constructor({ id, resourceId, author, body, createdAt }: Comment) {
    this.id = id;
    this.resource_id = resourceId;
    this.author = author;
    this.body = body;
    this.created_at = createdAt.toISOString();
  }
}
