import { ApiProperty } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { IsUserId, USER_ID_SCHEMA } from '../auth/is-user-id.decorator.js';
import type { Membership } from './membership.entity.js';
import { ORG_ROLES, type OrgRole } from './org-role.js';

const ROLE_MESSAGE = `$property must be one of ${ORG_ROLES.join(', ')}`;

/** The body that adds a member. */
export class AddMemberDto {
  @ApiProperty({ ...USER_ID_SCHEMA, example: 'carol' })
  @IsUserId()
  user_id: string;

  @ApiProperty({ enum: ORG_ROLES, default: 'member', required: false })
  @ValidateIf((_, role) => role !== undefined)
  @IsIn(ORG_ROLES, { message: ROLE_MESSAGE })
  role: OrgRole = 'member';
}

/** The body that changes a member's role. */
export class ChangeRoleDto {
  @ApiProperty({ enum: ORG_ROLES, example: 'admin' })
  @IsIn(ORG_ROLES, { message: ROLE_MESSAGE })
  role: OrgRole;
}

/** A member in an answer. */
export class MemberDto {
  @ApiProperty({ example: 'bob' })
  user_id: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'bob@example.com',
    description: 'Null until the user has signed in with a token that contains it',
  })
  email: string | null;

  @ApiProperty({ enum: ORG_ROLES, example: 'member' })
  role: OrgRole;

  @ApiProperty({ format: 'date-time' })
  joined_at: string;

  constructor({ userId, role, joinedAt }: Membership, email: string | null) {
    this.user_id = userId;
    this.email = email;
    this.role = role;
    this.joined_at = joinedAt.toISOString();
  }
}
